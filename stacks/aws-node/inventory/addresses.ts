/** `aws_eip`. EC2 does not page them, and does not say since when they are. */
import type { Address } from '@aws-sdk/client-ec2';
import { NodeyardError } from '../../../src/errors.js';
import { findInstance } from './instances.js';
import type { Of } from './marks.js';
import { nonsense } from './refusals.js';
import type { Found, Session, Target } from './session.js';

export async function listAddresses(session: Session, of: Of): Promise<Found[]> {
  const Filters = session.marks.filters(of);
  const answer = await session.ask('DescribeAddresses', (client, options) =>
    client.describeAddresses({ Filters }, options),
  );
  return addressesIn(answer).flatMap(({ AllocationId, Tags }) => {
    const nodeId = session.marks.ownerIn(Tags);
    if (nodeId === undefined) return [];
    if (AllocationId === undefined) throw nonsense('DescribeAddresses', 'an address without an id');
    return [{ nodeId, id: AllocationId }];
  });
}

export async function destroyAddress(session: Session, target: Target): Promise<void> {
  const { id } = target;
  const answer = await session.find('DescribeAddresses', (client, options) =>
    client.describeAddresses({ AllocationIds: [id] }, options),
  );
  const found = answer && addressesIn(answer).find(({ AllocationId }) => AllocationId === id);
  if (found === undefined) return;
  session.requireMarks(found.Tags, target);
  const { AssociationId } = found;
  if (AssociationId !== undefined) {
    await refuseForeignHolder(session, target, found);
    await session.find('DisassociateAddress', (client, options) =>
      client.disassociateAddress({ AssociationId }, options),
    );
  }
  await session.find('ReleaseAddress', (client, options) =>
    client.releaseAddress({ AllocationId: id }, options),
  );
}

/** An address that somebody gave to a machine of theirs is not taken from it. */
async function refuseForeignHolder(
  session: Session,
  { id, nodeId }: Target,
  { InstanceId, NetworkInterfaceId }: Address,
): Promise<void> {
  const holder = InstanceId === undefined ? undefined : await findInstance(session, InstanceId);
  const ends = InstanceId !== undefined && holder === undefined;
  if (ends || (holder !== undefined && session.marks.ownerIn(holder.Tags) === nodeId)) return;
  const name = InstanceId ?? NetworkInterfaceId ?? 'something';
  throw new NodeyardError(
    'DEPENDENCY',
    `aws_eip ${id} is associated with ${name}, which is not of node "${nodeId}"; it has to be disassociated first`,
  );
}

function addressesIn({ Addresses }: { readonly Addresses?: Address[] | undefined }): Address[] {
  if (Addresses === undefined) throw nonsense('DescribeAddresses', 'no addresses');
  return Addresses;
}
