/** The volumes of an instance and the tags that they bear. */
import { EbsVolume } from '@cdktf/provider-aws/lib/ebs-volume/index.js';
import type { Instance, InstanceConfig } from '@cdktf/provider-aws/lib/instance/index.js';
import { VolumeAttachment } from '@cdktf/provider-aws/lib/volume-attachment/index.js';
import type { Construct } from 'constructs';
import type { AwsNodeInputs } from './inputs.js';
import { defined, type Tags } from './values.js';

/**
 * The instance’s own volumes. `volume_tags` marks them in the call that creates them, those of the image too, so no kill can
 * come in between. The provider forbids it beside `aws_ebs_volume` and beside tags of the root device; with data volumes the
 * root device is therefore tagged by a second call (aws_instance, notes on tags).
 */
export function instanceStorage(
  inputs: AwsNodeInputs,
  tags: Tags,
): Pick<InstanceConfig, 'rootBlockDevice' | 'volumeTags'> {
  const root = inputs.rootVolume;
  const tagsApart = inputs.dataVolumes.length > 0;
  return {
    rootBlockDevice: {
      deleteOnTermination: true,
      ...(root === undefined ? {} : volumeSettings(root)),
      ...(tagsApart ? { tags } : {}),
    },
    ...(tagsApart ? {} : { volumeTags: tags }),
  };
}

export function addDataVolumes(
  scope: Construct,
  inputs: AwsNodeInputs,
  instance: Instance,
  tags: Tags,
): void {
  for (const volume of inputs.dataVolumes) {
    const name = volume.device.replace('/dev/', '');
    const { volumeSize: size, volumeType: type, ...settings } = volumeSettings(volume);
    const created = new EbsVolume(scope, `volume-${name}`, {
      availabilityZone: instance.availabilityZone,
      ...defined({ size, type, snapshotId: volume.snapshotId }),
      ...settings,
      tags,
    });
    new VolumeAttachment(scope, `attachment-${name}`, {
      deviceName: volume.device,
      instanceId: instance.id,
      volumeId: created.id,
      // A mounted volume does not let go. An instance is stopped first; a one-time spot instance cannot be.
      ...(inputs.spot === undefined ? { stopInstanceBeforeDetaching: true } : { forceDetach: true }),
    });
  }
}

type Volume = Omit<AwsNodeInputs['dataVolumes'][number], 'device' | 'snapshotId'>;

const volumeSettings = (volume: Volume) =>
  defined({
    volumeSize: volume.sizeGiB,
    volumeType: volume.type as string,
    encrypted: volume.encrypted,
    kmsKeyId: volume.kmsKeyId,
    iops: volume.iops,
    throughput: volume.throughputMiB,
  });
