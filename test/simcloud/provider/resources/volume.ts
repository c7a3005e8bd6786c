/** aws_ebs_volume */
import { randomUUID } from 'node:crypto';
import type { EbsSettings, Volume } from '../../api.js';
import type { Ec2 } from '../ec2.js';
import type { Values } from '../value.js';
import {
  boolIn,
  differ,
  numberIn,
  type ResourceType,
  tagsIn,
  tagValues,
  text,
  textIn,
  updateTags,
} from './resource.js';

export const volume: ResourceType = {
  title: 'EBS Volume',

  async create(ec2, planned, keep) {
    const made = await ec2.call<Volume>('CreateVolume', {
      ...settings(planned),
      AvailabilityZone: text(planned['availability_zone']),
      ClientToken: randomUUID(),
      Tags: tagsIn(planned['tags_all']),
    });
    keep(made.VolumeId);
    await ec2.until(`waiting for EBS Volume (${made.VolumeId}) create`, async () =>
      (await describeVolume(ec2, made.VolumeId))?.State === 'available' ? true : undefined,
    );
  },

  async read(ec2, state) {
    const found = await describeVolume(ec2, text(state['id']));
    return found && { ...tagValues(found.Tags), ...values(ec2, found) };
  },

  async update(ec2, prior, planned) {
    const id = text(prior['id']);
    await updateTags(ec2, id, prior['tags_all'], planned['tags_all']);
    if (differ(prior, planned, 'size', 'type', 'iops', 'throughput')) {
      const { VolumeSize, VolumeType, Iops, Throughput } = settings(planned);
      await ec2.call('ModifyVolume', { VolumeId: id, VolumeSize, VolumeType, Iops, Throughput });
    }
  },

  async delete(ec2, state) {
    const id = text(state['id']);
    await ec2.insist('DeleteVolume', { VolumeId: id }, /^VolumeInUse$/);
    await ec2.until(`waiting for EBS Volume (${id}) delete`, async () =>
      (await describeVolume(ec2, id)) === undefined ? true : undefined,
    );
  },
};

export async function describeVolume(ec2: Ec2, id: string): Promise<Volume | undefined> {
  return (await ec2.find<{ Volumes: Volume[] }>('DescribeVolumes', { VolumeIds: [id] }))?.Volumes[0];
}

const settings = (planned: Values): EbsSettings => ({
  Encrypted: boolIn(planned['encrypted']),
  Iops: numberIn(planned['iops']),
  KmsKeyId: textIn(planned['kms_key_id']),
  SnapshotId: textIn(planned['snapshot_id']),
  Throughput: numberIn(planned['throughput']),
  VolumeSize: numberIn(planned['size']),
  VolumeType: textIn(planned['type']),
});

const values = (ec2: Ec2, found: Volume): Values => ({
  id: found.VolumeId,
  arn: ec2.arn('volume', found.VolumeId),
  availability_zone: found.AvailabilityZone,
  create_time: found.CreateTime,
  encrypted: found.Encrypted,
  iops: found.Iops,
  kms_key_id: found.KmsKeyId ?? '',
  size: found.Size,
  snapshot_id: found.SnapshotId,
  throughput: found.Throughput,
  type: found.VolumeType,
});
