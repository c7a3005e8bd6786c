/**
 * `aws_volume_attachment`: that a node’s volume hangs on the node’s own machine. It bears no tags and costs nothing, but where no state holds
 * it, the volume cannot be deleted while the machine is there, and Terraform deletes the volume first.
 */
import { crc32 } from 'node:zlib';
import type { Volume } from '@aws-sdk/client-ec2';
import type { Found, Session, Target } from './session.js';
import { exists, isPartOfInstance, volumesOf } from './volumes.js';

/** `instances` are those that exist, of the same nodes. */
export async function listAttachments(
  session: Session,
  of: { readonly nodeId: string },
  instances: readonly Found[],
): Promise<Found[]> {
  const nodeOf = new Map(instances.map(({ id, nodeId }) => [id, nodeId]));
  return (await attachmentsOf(session, of.nodeId))
    .filter(({ volume, instanceId }) => {
      // To another’s machine somebody has attached it by hand, and knows why.
      return nodeOf.get(instanceId) === of.nodeId && !isPartOfInstance(volume, of.nodeId, nodeOf);
    })
    .map(({ id, createdAt }) => ({ nodeId: of.nodeId, id, createdAt }));
}

export async function destroyAttachment(session: Session, { id, nodeId }: Target): Promise<void> {
  const found = (await attachmentsOf(session, nodeId)).find((each) => each.id === id);
  if (found === undefined) return;
  const wish = { VolumeId: found.volumeId, InstanceId: found.instanceId, Device: found.device };
  await session.find('DetachVolume', (client, options) => client.detachVolume(wish, options));
}

interface Attachment {
  readonly id: string;
  readonly volume: Volume;
  readonly volumeId: string;
  readonly instanceId: string;
  readonly device: string;
  readonly createdAt: number | undefined;
}

async function attachmentsOf(session: Session, nodeId: string): Promise<Attachment[]> {
  const volumes = (await volumesOf(session, { nodeId })).filter(
    (volume) => exists(volume) && session.marks.ownerIn(volume.Tags) === nodeId,
  );
  return volumes.flatMap((volume) =>
    (volume.Attachments ?? []).flatMap(({ Device, InstanceId, State, AttachTime }): Attachment[] => {
      const { VolumeId } = volume;
      if (VolumeId === undefined || Device === undefined || InstanceId === undefined) return [];
      // It ends by itself.
      if (State === 'detaching' || State === 'detached') return [];
      return [
        {
          id: attachmentId(Device, InstanceId, VolumeId),
          volume,
          volumeId: VolumeId,
          instanceId: InstanceId,
          device: Device,
          createdAt: AttachTime?.getTime(),
        },
      ];
    }),
  );
}

/** As the provider makes it up (`volumeAttachmentID` in internal/service/ec2/ebs_volume_attachment.go): EC2 has none. */
const attachmentId = (device: string, instanceId: string, volumeId: string): string =>
  `vai-${crc32(`${device}-${instanceId}-${volumeId}-`)}`;
