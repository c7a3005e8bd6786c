/**
 * `aws_ebs_volume`. What came with a machine is a part of it and stands in no state as a resource of its own: it is told of only
 * when the machine has gone without it.
 */
import type { Volume } from '@aws-sdk/client-ec2';
import { NodeyardError } from '../../../src/errors.js';
import type { Of } from './marks.js';
import { nonsense } from './refusals.js';
import type { Found, Session, Target } from './session.js';

/** `instances` are those that exist, of the same nodes. */
export async function listVolumes(session: Session, of: Of, instances: readonly Found[]): Promise<Found[]> {
  const nodeOf = new Map(instances.map(({ id, nodeId }) => [id, nodeId]));
  return (await volumesOf(session, of)).flatMap((volume) => {
    const nodeId = session.marks.ownerIn(volume.Tags);
    if (nodeId === undefined || !exists(volume) || isPartOfInstance(volume, nodeId, nodeOf)) return [];
    if (volume.VolumeId === undefined) throw nonsense('DescribeVolumes', 'a volume without an id');
    return [{ nodeId, id: volume.VolumeId, createdAt: volume.CreateTime?.getTime() }];
  });
}

export async function volumesOf(session: Session, of: Of): Promise<Volume[]> {
  const Filters = session.marks.filters(of);
  const pages = await session.pages('DescribeVolumes', (client, paging, options) =>
    client.describeVolumes({ Filters, ...paging }, options),
  );
  return pages.flatMap(volumesIn);
}

/** It came with its machine, and goes with it. */
export function isPartOfInstance(
  { CreateTime, Attachments = [] }: Volume,
  nodeId: string,
  nodeOf: ReadonlyMap<string, string>,
): boolean {
  return Attachments.some(({ InstanceId = '', AttachTime, DeleteOnTermination }) => {
    // Deleted with its instance, it is so too while that is shutting down and is in no list any more.
    if (DeleteOnTermination === true) return true;
    // An image may have volumes that outlive its instances. They are attached as they are made; ours are made first.
    const cameWithIt = CreateTime !== undefined && AttachTime !== undefined && AttachTime <= CreateTime;
    return cameWithIt && nodeOf.get(InstanceId) === nodeId;
  });
}

export async function destroyVolume(session: Session, target: Target): Promise<void> {
  const { id } = target;
  const answer = await session.find('DescribeVolumes', (client, options) =>
    client.describeVolumes({ VolumeIds: [id] }, options),
  );
  const found = answer && volumesIn(answer).find(({ VolumeId }) => VolumeId === id);
  if (found === undefined || !exists(found)) return;
  session.requireMarks(found.Tags, target);
  // Never detached: a machine that is alive may be writing to it, and one that ends lets go by itself.
  const holders = (found.Attachments ?? []).map(({ InstanceId = 'an instance' }) => InstanceId);
  if (holders.length > 0) {
    const message = `aws_ebs_volume ${id} is attached to ${holders.join(', ')}, which has to end or to let go of it first`;
    throw new NodeyardError('DEPENDENCY', message);
  }
  await session.find('DeleteVolume', (client, options) => client.deleteVolume({ VolumeId: id }, options));
}

function volumesIn({ Volumes }: { readonly Volumes?: Volume[] | undefined }): Volume[] {
  if (Volumes === undefined) throw nonsense('DescribeVolumes', 'no volumes');
  return Volumes;
}

export const exists = ({ State }: Volume): boolean => State !== 'deleting' && State !== 'deleted';
