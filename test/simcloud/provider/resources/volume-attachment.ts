/** aws_volume_attachment */
import { crc32 } from 'node:zlib';
import type { Ec2 } from '../ec2.js';
import type { Values } from '../value.js';
import { waitFor } from './instance.js';
import { type ResourceType, text } from './resource.js';
import { describeVolume } from './volume.js';

export const volumeAttachment: ResourceType = {
  title: 'EBS Volume Attachment',

  async create(ec2, planned, keep) {
    const { device, instanceId, volumeId } = parts(planned);
    // What is attached so already is taken over, as by the real provider.
    if ((await attachment(ec2, planned)) === undefined)
      await ec2.call('AttachVolume', { Device: device, InstanceId: instanceId, VolumeId: volumeId });
    keep(`vai-${crc32(`${device}-${instanceId}-${volumeId}-`)}`);
    await ec2.until(`waiting for EBS Volume (${volumeId}) attach`, async () =>
      (await attachment(ec2, planned))?.State === 'attached' ? true : undefined,
    );
  },

  async read(ec2, state) {
    return (await attachment(ec2, state)) === undefined ? undefined : { id: state['id'] ?? null };
  },

  async update() {
    // Only settings of the provider’s own behaviour can change.
  },

  async delete(ec2, state) {
    const { instanceId, volumeId } = parts(state);
    if (state['skip_destroy'] === true) return;
    if (state['stop_instance_before_detaching'] === true) {
      const stopping = await ec2.find('StopInstances', { InstanceIds: [instanceId] });
      if (stopping !== undefined) await waitFor(ec2, instanceId, 'update', 'stopped');
    }
    if ((await attachment(ec2, state)) === undefined) return;
    await ec2.call('DetachVolume', { VolumeId: volumeId, Force: state['force_detach'] === true });
    await ec2.until(`waiting for EBS Volume (${volumeId}) detach`, async () =>
      (await attachment(ec2, state)) === undefined ? true : undefined,
    );
  },
};

const parts = (values: Values) => ({
  device: text(values['device_name']),
  instanceId: text(values['instance_id']),
  volumeId: text(values['volume_id']),
});

async function attachment(ec2: Ec2, values: Values) {
  const { device, instanceId, volumeId } = parts(values);
  const found = await describeVolume(ec2, volumeId);
  return found?.Attachments.find(({ InstanceId, Device }) => InstanceId === instanceId && Device === device);
}
