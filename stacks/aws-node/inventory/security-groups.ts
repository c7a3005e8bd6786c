/** `aws_security_group`. Its rules go with it. EC2 does not say since when it is. */
import type { Filter, SecurityGroup } from '@aws-sdk/client-ec2';
import { NodeyardError } from '../../../src/errors.js';
import { instancesInGroup } from './instances.js';
import type { Of } from './marks.js';
import { nonsense } from './refusals.js';
import { type Found, isFailure, type Session, type Target } from './session.js';

export async function listSecurityGroups(session: Session, of: Of): Promise<Found[]> {
  const groups = await describe(session, session.marks.filters(of));
  return groups.flatMap(({ GroupId, Tags }) => {
    const nodeId = session.marks.ownerIn(Tags);
    if (nodeId === undefined) return [];
    if (GroupId === undefined) throw nonsense('DescribeSecurityGroups', 'a group without an id');
    return [{ nodeId, id: GroupId }];
  });
}

export async function destroySecurityGroup(session: Session, target: Target): Promise<void> {
  const { id } = target;
  const answer = await session.find('DescribeSecurityGroups', (client, options) =>
    client.describeSecurityGroups({ GroupIds: [id] }, options),
  );
  const found = answer && groupsIn(answer).find(({ GroupId }) => GroupId === id);
  if (found === undefined) return;
  session.requireMarks(found.Tags, target);
  try {
    await session.find('DeleteSecurityGroup', (client, options) =>
      client.deleteSecurityGroup({ GroupId: id }, options),
    );
  } catch (error) {
    if (!isFailure(error, 'DEPENDENCY')) throw error;
    const users = await usersOf(session, id);
    const who = users.length > 0 ? users.join(', ') : 'a network interface';
    const message = `aws_security_group ${id} is in use by ${who}, which has to go or to let go of it first`;
    throw new NodeyardError('DEPENDENCY', message);
  }
}

/** EC2 says only that there is something. */
async function usersOf(session: Session, id: string): Promise<string[]> {
  const instances = await instancesInGroup(session, id);
  const groups: SecurityGroup[] = [];
  for (const Name of ['ip-permission.group-id', 'egress.ip-permission.group-id']) {
    groups.push(...(await describe(session, [{ Name, Values: [id] }])));
  }
  const others = groups.flatMap(({ GroupId = '' }) =>
    GroupId === id ? [] : [`a rule of the group ${GroupId}`],
  );
  return [...instances, ...new Set(others)];
}

async function describe(session: Session, Filters: Filter[]): Promise<SecurityGroup[]> {
  const pages = await session.pages('DescribeSecurityGroups', (client, paging, options) =>
    client.describeSecurityGroups({ Filters, ...paging }, options),
  );
  return pages.flatMap(groupsIn);
}

function groupsIn({ SecurityGroups }: { readonly SecurityGroups?: SecurityGroup[] | undefined }) {
  if (SecurityGroups === undefined) throw nonsense('DescribeSecurityGroups', 'no groups');
  return SecurityGroups;
}
