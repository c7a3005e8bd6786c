/** What the cloud remembers of a volume, and how DescribeVolumes shows it. */
import { type EbsSettings, tagsAsList, type Volume } from '../../api.js';
import { attachmentNow, type InstanceRecord, type VolumeRecord, type VolumeSettings } from '../records.js';
import { ACCOUNT, type World } from '../world.js';

export function rootVolume(
  instance: InstanceRecord,
  settings: EbsSettings,
  tags: Record<string, string>,
  world: World,
): VolumeRecord {
  return {
    kind: 'volume',
    id: instance.rootVolumeId,
    region: instance.region,
    tags,
    createdAt: world.now,
    visibleAt: world.now,
    zone: instance.zone,
    settings: completeSettings({ ...settings, SnapshotId: 'snap-0a11ce00000000001' }, instance.region),
    availableAt: world.now,
    attachment: {
      instanceId: instance.id,
      device: '/dev/xvda',
      deleteOnTermination: settings.DeleteOnTermination ?? true,
      attachedAt: world.now,
    },
  };
}

export function completeSettings(settings: EbsSettings, region: string): VolumeSettings {
  const type = settings.VolumeType ?? 'gp2';
  return {
    VolumeSize: settings.VolumeSize ?? 8,
    VolumeType: type,
    Iops: settings.Iops ?? (type === 'gp3' ? 3000 : 100),
    Throughput: settings.Throughput ?? (type === 'gp3' ? 125 : 0),
    Encrypted: settings.Encrypted ?? false,
    ...(settings.Encrypted === true
      ? { KmsKeyId: settings.KmsKeyId ?? `arn:aws:kms:${region}:${ACCOUNT}:key/default-ebs` }
      : {}),
    ...(settings.SnapshotId === undefined ? {} : { SnapshotId: settings.SnapshotId }),
  };
}

export function volumeState(record: VolumeRecord, now: number): Volume['State'] {
  if (record.deletedAt !== undefined && attachmentNow(record, now) === undefined) return 'deleting';
  if (attachmentNow(record, now) !== undefined) return 'in-use';
  return now >= record.availableAt ? 'available' : 'creating';
}

export function describeVolume(world: World, record: VolumeRecord): Volume {
  const attachment = attachmentNow(record, world.now);
  const { settings } = record;
  return {
    VolumeId: record.id,
    AvailabilityZone: record.zone,
    State: volumeState(record, world.now),
    Size: settings.VolumeSize,
    VolumeType: settings.VolumeType,
    Iops: settings.Iops,
    Throughput: settings.Throughput,
    Encrypted: settings.Encrypted,
    KmsKeyId: settings.KmsKeyId,
    SnapshotId: settings.SnapshotId ?? '',
    MultiAttachEnabled: false,
    CreateTime: new Date(record.createdAt).toISOString(),
    Attachments:
      attachment === undefined
        ? []
        : [
            {
              InstanceId: attachment.instanceId,
              Device: attachment.device,
              AttachTime: new Date(attachment.attachedAt).toISOString(),
              DeleteOnTermination: attachment.deleteOnTermination,
              State:
                attachment.detachedAt !== undefined
                  ? 'detaching'
                  : world.now >= attachment.attachedAt
                    ? 'attached'
                    : 'attaching',
            },
          ],
    Tags: tagsAsList(record.tags),
  };
}
