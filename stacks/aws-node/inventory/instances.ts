/** `aws_instance` */
import type { Filter, Instance, Reservation } from '@aws-sdk/client-ec2';
import { NodeyardError } from '../../../src/errors.js';
import type { Of } from './marks.js';
import { nonsense } from './refusals.js';
import { type Found, isFailure, type Session, type Target } from './session.js';

/** In the other states it ends or has ended, whatever anybody does. */
const EXISTING = ['pending', 'running', 'stopping', 'stopped'];
const ENDING = ['shutting-down', 'terminated'];

export async function listInstances(session: Session, of: Of): Promise<Found[]> {
  const Filters = [...session.marks.filters(of), { Name: 'instance-state-name', Values: EXISTING }];
  const instances = await describe(session, Filters);
  return instances.filter(exists).flatMap(({ InstanceId, LaunchTime, Tags }) => {
    const nodeId = session.marks.ownerIn(Tags);
    if (nodeId === undefined) return [];
    if (InstanceId === undefined) throw nonsense('DescribeInstances', 'an instance without an id');
    return [{ nodeId, id: InstanceId, createdAt: LaunchTime?.getTime() }];
  });
}

/** Undefined where it ends, has ended or is not known. */
export async function findInstance(session: Session, id: string): Promise<Instance | undefined> {
  const answer = await session.find('DescribeInstances', (client, options) =>
    client.describeInstances({ InstanceIds: [id] }, options),
  );
  if (answer === undefined) return undefined;
  return instancesIn(answer).find((instance) => instance.InstanceId === id && exists(instance));
}

/** Of those, whoever they belong to, whose network uses the group. */
export async function instancesInGroup(session: Session, groupId: string): Promise<string[]> {
  const Filters = [{ Name: 'instance.group-id', Values: [groupId] }];
  const instances = await describe(session, Filters);
  return instances.flatMap(({ InstanceId, State }) =>
    InstanceId === undefined || State?.Name === 'terminated' ? [] : [InstanceId],
  );
}

export async function destroyInstance(session: Session, target: Target): Promise<void> {
  const { id } = target;
  const found = await findInstance(session, id);
  if (found === undefined) return;
  session.requireMarks(found.Tags, target);
  const answer = await terminate(session, id);
  if (answer === undefined) return;
  // Once it is shutting down there is no way back, so nobody need wait for the end.
  const change = answer.TerminatingInstances?.find(({ InstanceId }) => InstanceId === id);
  if (!ENDING.includes(change?.CurrentState?.Name ?? '')) {
    throw nonsense('TerminateInstances', `it does not say that ${id} ends`);
  }
}

async function terminate(session: Session, id: string) {
  try {
    return await session.find('TerminateInstances', (client, options) =>
      client.terminateInstances({ InstanceIds: [id] }, options),
    );
  } catch (error) {
    if (!(isFailure(error, 'DENIED') && error.message.includes('OperationNotPermitted'))) throw error;
    throw new NodeyardError(
      'DENIED',
      `aws_instance ${id} is protected from being terminated or stopped; turn its protection off first (${error.message})`,
    );
  }
}

async function describe(session: Session, Filters: Filter[]) {
  const pages = await session.pages('DescribeInstances', (client, paging, options) =>
    client.describeInstances({ Filters, ...paging }, options),
  );
  return pages.flatMap(instancesIn);
}

function instancesIn({ Reservations }: { readonly Reservations?: Reservation[] | undefined }) {
  if (Reservations === undefined) throw nonsense('DescribeInstances', 'no reservations');
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

const exists = ({ State }: Instance): boolean => !ENDING.includes(State?.Name ?? '');
