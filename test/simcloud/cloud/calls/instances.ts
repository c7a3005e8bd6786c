/** RunInstances, DescribeInstances, StopInstances, StartInstances, TerminateInstances and what modifies an instance. */
import type { MetadataOptions } from '../../api.js';
import { CloudRefusal } from '../errors.js';
import { associationNow, attachmentNow, type InstanceRecord, instanceState } from '../records.js';
import type { World } from '../world.js';
import { alive } from './alive.js';
import { type CallContext, type Calls, inputOf, said } from './call.js';
import { describeInstance } from './instance-view.js';
import { runInstance } from './run-instance.js';
import { type FilterValues, requireNoPages, type Selection, select } from './select.js';

export const instanceCalls: Calls = {
  RunInstances: (context) => ({ Instances: [describeInstance(context.world, runInstance(context))] }),

  DescribeInstances(context) {
    const { world, region } = context;
    const { InstanceIds, ...selection } = inputOf<Selection & { InstanceIds?: readonly string[] }>(context);
    if (InstanceIds !== undefined) requireNoPages(selection, 'instancesSet');
    const candidates =
      InstanceIds === undefined
        ? world.list('instance', region)
        : InstanceIds.map((id) => world.find('instance', region, id));
    const { records, ...more } = select(candidates, selection, filtersAt(world.now));
    return {
      Reservations: records.map((record) => ({ Instances: [describeInstance(world, record)] })),
      ...more,
    };
  },

  TerminateInstances(context) {
    const { world, region } = context;
    const changes = inputOf<{ InstanceIds: readonly string[] }>(context).InstanceIds.map((id) => {
      const record = world.find('instance', region, id);
      if (record.protectedFromTermination) {
        throw new CloudRefusal(
          'OperationNotPermitted',
          `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
        );
      }
      if (record.deletedAt === undefined) terminate(world, record);
      return {
        InstanceId: id,
        PreviousState: { Name: instanceState(record, world.now) },
        CurrentState: { Name: instanceState(world.find('instance', region, id), world.now) },
      };
    });
    return { TerminatingInstances: changes };
  },

  StopInstances(context) {
    const { world } = context;
    for (const record of named(context)) {
      if (record.spot !== undefined) {
        throw new CloudRefusal(
          'UnsupportedOperation',
          `You can't stop the Spot Instance '${record.id}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.`,
        );
      }
      switchPower(world, record, 'off');
    }
    return {};
  },

  StartInstances(context) {
    for (const record of named(context)) switchPower(context.world, record, 'on');
    return {};
  },

  ModifyInstanceAttribute(context) {
    const { world, region } = context;
    const { InstanceId, ...changes } = inputOf<
      { InstanceId: string } & Partial<
        Pick<
          InstanceRecord,
          | 'instanceType'
          | 'groupIds'
          | 'userData'
          | 'protectedFromTermination'
          | 'sourceDestCheck'
          | 'ebsOptimized'
        >
      >
    >(context);
    const record = alive(world, region, InstanceId);
    const needsStop = changes.instanceType !== undefined || changes.userData !== undefined;
    if (needsStop && instanceState(record, world.now) !== 'stopped') {
      throw new CloudRefusal(
        'IncorrectInstanceState',
        `The instance '${InstanceId}' is not in the 'stopped' state.`,
      );
    }
    world.put({ ...record, ...changes });
    return {};
  },

  ModifyInstanceMetadataOptions(context) {
    const { world, region } = context;
    const { InstanceId, ...options } = inputOf<{ InstanceId: string } & MetadataOptions>(context);
    const record = alive(world, region, InstanceId);
    world.put({ ...record, metadata: { ...record.metadata, ...said(options) } as Required<MetadataOptions> });
    return {};
  },
};

const filtersAt = (now: number): FilterValues<InstanceRecord> => ({
  'instance-id': ({ id }) => [id],
  'instance-state-name': (record) => [instanceState(record, now)],
  'instance.group-id': ({ groupIds }) => groupIds,
  'availability-zone': ({ zone }) => [zone],
  'vpc-id': ({ vpcId }) => [vpcId],
});

/** What hangs on the instance lets go when it has ended, not before. */
function terminate(world: World, record: InstanceRecord): void {
  const endsAt = world.now + world.settings.terminateMs;
  world.put({ ...record, deletedAt: endsAt });
  for (const other of world.existing()) {
    if (other.kind === 'volume' && attachmentNow(other, world.now)?.instanceId === record.id) {
      const attachment = other.attachment && { ...other.attachment, detachedAt: endsAt };
      const ends = attachment?.deleteOnTermination ? { deletedAt: endsAt } : {};
      world.put({ ...other, ...(attachment === undefined ? {} : { attachment }), ...ends });
    } else if (other.kind === 'address' && associationNow(other, world.now)?.instanceId === record.id) {
      if (other.association !== undefined) {
        world.put({ ...other, association: { ...other.association, endsAt } });
      }
    } else if (other.kind === 'spot-request' && other.instanceId === record.id) {
      world.put({ ...other, deletedAt: endsAt });
    }
  }
}

function named(context: CallContext): InstanceRecord[] {
  const { InstanceIds } = inputOf<{ InstanceIds: readonly string[] }>(context);
  return InstanceIds.map((id) => alive(context.world, context.region, id));
}

function switchPower(world: World, record: InstanceRecord, power: 'on' | 'off'): void {
  if (record.power === power) return;
  world.put({ ...record, power, powerAt: world.now + world.settings.changeMs });
}
