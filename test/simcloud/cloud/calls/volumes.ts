/** The calls about EBS volumes. */
import { type EbsSettings, type Tag, tagsAsMap } from '../../api.js';
import { CloudRefusal } from '../errors.js';
import { attachmentNow, type InstanceRecord, instanceState, type VolumeRecord } from '../records.js';
import type { World } from '../world.js';
import { alive } from './alive.js';
import { type Calls, inputOf, said } from './call.js';
import { type FilterValues, requireNoPages, type Selection, select } from './select.js';
import { completeSettings, describeVolume, volumeState } from './volume-record.js';

interface CreateVolumeInput extends EbsSettings {
  readonly AvailabilityZone: string;
  readonly ClientToken?: string;
  readonly Tags?: readonly Tag[];
}

export const volumeCalls: Calls = {
  CreateVolume(context) {
    const { world, region } = context;
    const { AvailabilityZone, ClientToken, Tags = [], ...settings } = inputOf<CreateVolumeInput>(context);
    const earlier = world
      .list('volume', region)
      .find(({ clientToken }) => clientToken !== undefined && clientToken === ClientToken);
    if (earlier !== undefined) return describeVolume(world, earlier);
    world.requireForeign(settings.SnapshotId, settings.KmsKeyId);
    if (!AvailabilityZone.startsWith(region)) {
      throw new CloudRefusal('InvalidZone.NotFound', `The zone '${AvailabilityZone}' does not exist.`);
    }
    const { volumes } = world.settings.quotas;
    world.requireQuota('volume', region, volumes, 'VolumeLimitExceeded', 'volumes');
    const record: VolumeRecord = {
      kind: 'volume',
      id: world.newId('volume'),
      region,
      tags: tagsAsMap(Tags),
      createdAt: world.now,
      visibleAt: world.now,
      zone: AvailabilityZone,
      settings: completeSettings(settings, region),
      availableAt: world.now + world.settings.changeMs,
      ...(ClientToken === undefined ? {} : { clientToken: ClientToken }),
    };
    world.put(record);
    return describeVolume(world, record);
  },

  DescribeVolumes(context) {
    const { world, region } = context;
    const { VolumeIds, ...selection } = inputOf<Selection & { VolumeIds?: readonly string[] }>(context);
    if (VolumeIds !== undefined) requireNoPages(selection, 'volumeIds');
    const candidates =
      VolumeIds === undefined
        ? world.living('volume', region)
        : VolumeIds.map((id) => world.find('volume', region, id));
    const { records, ...more } = select(candidates, selection, filtersAt(world.now));
    return { Volumes: records.map((record) => describeVolume(world, record)), ...more };
  },

  ModifyVolume(context) {
    const { world, region } = context;
    const { VolumeId, ...changes } = inputOf<{ VolumeId: string } & EbsSettings>(context);
    const record = world.find('volume', region, VolumeId);
    if ((changes.VolumeSize ?? record.settings.VolumeSize) < record.settings.VolumeSize) {
      throw new CloudRefusal('InvalidParameterValue', 'New size cannot be smaller than existing size');
    }
    world.put({ ...record, settings: completeSettings({ ...record.settings, ...said(changes) }, region) });
    return {};
  },

  DeleteVolume(context) {
    const { world, region } = context;
    const record = world.find('volume', region, inputOf<{ VolumeId: string }>(context).VolumeId);
    const attachment = attachmentNow(record, world.now);
    if (attachment !== undefined) {
      throw new CloudRefusal(
        'VolumeInUse',
        `Volume ${record.id} is currently attached to ${attachment.instanceId}`,
      );
    }
    world.put({ ...record, deletedAt: world.now + world.settings.changeMs });
    return {};
  },

  AttachVolume(context) {
    const { world, region } = context;
    const { VolumeId, InstanceId, Device } =
      inputOf<Record<'VolumeId' | 'InstanceId' | 'Device', string>>(context);
    const volume = world.find('volume', region, VolumeId);
    const instance = alive(world, region, InstanceId);
    refuseAttachment(world, volume, instance, Device);
    const attachedAt = world.now + world.settings.changeMs;
    world.put({
      ...volume,
      attachment: { instanceId: InstanceId, device: Device, deleteOnTermination: false, attachedAt },
    });
    return {};
  },

  DetachVolume(context) {
    const { world, region } = context;
    const { VolumeId, InstanceId, Device } = inputOf<
      { VolumeId: string } & Partial<Record<'InstanceId' | 'Device', string>>
    >(context);
    const volume = world.find('volume', region, VolumeId);
    const attachment = attachmentNow(volume, world.now);
    if (attachment === undefined) {
      throw new CloudRefusal('IncorrectState', `Volume '${volume.id}' is in the 'available' state.`);
    }
    const { instanceId, device } = attachment;
    if ((InstanceId ?? instanceId) !== instanceId || (Device ?? device) !== device) {
      throw new CloudRefusal(
        'InvalidAttachment.NotFound',
        `The volume '${volume.id}' is not attached to instance '${InstanceId}' as device '${Device}'.`,
      );
    }
    const detachedAt = attachment.detachedAt ?? world.now + world.settings.changeMs;
    world.put({ ...volume, attachment: { ...attachment, detachedAt } });
    return {
      VolumeId: volume.id,
      InstanceId: attachment.instanceId,
      Device: attachment.device,
      State: 'detaching',
    };
  },
};

const filtersAt = (now: number): FilterValues<VolumeRecord> => ({
  'volume-id': ({ id }) => [id],
  status: (record) => [volumeState(record, now)],
  'attachment.instance-id': (record) => [attachmentNow(record, now)?.instanceId],
  'availability-zone': ({ zone }) => [zone],
});

function refuseAttachment(
  world: World,
  volume: VolumeRecord,
  instance: InstanceRecord,
  device: string,
): void {
  if (attachmentNow(volume, world.now) !== undefined) {
    throw new CloudRefusal('VolumeInUse', `${volume.id} is already attached to an instance`);
  }
  if (volume.zone !== instance.zone) {
    throw new CloudRefusal(
      'InvalidVolume.ZoneMismatch',
      `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
    );
  }
  if (!['running', 'stopped'].includes(instanceState(instance, world.now))) {
    throw new CloudRefusal('IncorrectState', `Instance '${instance.id}' is not 'running'.`);
  }
  const taken = world
    .living('volume', volume.region)
    .map((other) => attachmentNow(other, world.now))
    .some((other) => other?.instanceId === instance.id && other.device === device);
  if (taken) {
    throw new CloudRefusal(
      'InvalidParameterValue',
      `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
    );
  }
}
