/** The calls about Elastic IPs. */
import { type Address, type Tag, tagsAsList, tagsAsMap } from '../../api.js';
import { CloudRefusal, notFound } from '../errors.js';
import { type AddressRecord, associationNow } from '../records.js';
import type { World } from '../world.js';
import { alive } from './alive.js';
import { type Calls, inputOf } from './call.js';
import { type FilterValues, type Selection, select } from './select.js';

/** EC2 does not page addresses. */
type AddressSelection = Pick<Selection, 'Filters'> & { readonly AllocationIds?: readonly string[] };

const filtersAt = (now: number): FilterValues<AddressRecord> => ({
  'allocation-id': ({ id }) => [id],
  'association-id': (record) => [associationNow(record, now)?.id],
  'instance-id': (record) => [associationNow(record, now)?.instanceId],
  'public-ip': ({ publicIp }) => [publicIp],
});

export const addressCalls: Calls = {
  AllocateAddress(context) {
    const { world, region } = context;
    const { Tags = [] } = inputOf<{ Tags?: readonly Tag[] }>(context);
    const { addresses } = world.settings.quotas;
    if (world.living('address', region).length >= addresses) {
      throw new CloudRefusal('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
    }
    const record: AddressRecord = {
      kind: 'address',
      id: world.newId('address'),
      region,
      tags: tagsAsMap(Tags),
      createdAt: world.now,
      visibleAt: world.now,
      publicIp: world.newPublicIp(),
    };
    world.put(record);
    return describe(world, record);
  },

  DescribeAddresses(context) {
    const { world, region } = context;
    const { AllocationIds, Filters } = inputOf<AddressSelection>(context);
    const candidates =
      AllocationIds === undefined
        ? world.living('address', region)
        : AllocationIds.map((id) => world.find('address', region, id));
    const { records } = select(candidates, Filters === undefined ? {} : { Filters }, filtersAt(world.now));
    return { Addresses: records.map((record) => describe(world, record)) };
  },

  AssociateAddress(context) {
    const { world, region } = context;
    const { AllocationId, InstanceId } = inputOf<Record<'AllocationId' | 'InstanceId', string>>(context);
    const record = world.find('address', region, AllocationId);
    const instance = alive(world, region, InstanceId);
    if (instance.power !== 'on' || world.now < instance.powerAt) {
      throw new CloudRefusal(
        'InvalidInstanceID',
        `The pending instance '${InstanceId}' is not in a valid state for this operation.`,
      );
    }
    const association = { id: world.newId('association'), instanceId: InstanceId };
    world.put({ ...record, association });
    return { AssociationId: association.id };
  },

  DisassociateAddress(context) {
    const { world, region } = context;
    const { AssociationId } = inputOf<{ AssociationId: string }>(context);
    const record = world
      .living('address', region)
      .find((candidate) => associationNow(candidate, world.now)?.id === AssociationId);
    if (record === undefined) throw notFound(AssociationId);
    const { association: _ended, ...rest } = record;
    world.put(rest);
    return {};
  },

  ReleaseAddress(context) {
    const { world, region } = context;
    const record = world.find('address', region, inputOf<{ AllocationId: string }>(context).AllocationId);
    if (associationNow(record, world.now) !== undefined) {
      throw new CloudRefusal('InvalidIPAddress.InUse', `The address '${record.publicIp}' is in use.`);
    }
    world.put({ ...record, deletedAt: world.now });
    return {};
  },
};

function describe(world: World, record: AddressRecord): Address {
  const association = associationNow(record, world.now);
  const instance = world.list('instance', record.region).find(({ id }) => id === association?.instanceId);
  return {
    AllocationId: record.id,
    PublicIp: record.publicIp,
    Domain: 'vpc',
    AssociationId: association?.id,
    InstanceId: association?.instanceId,
    NetworkInterfaceId: association?.instanceId.replace('i-', 'eni-'),
    PrivateIpAddress: instance?.privateIp,
    NetworkBorderGroup: record.region,
    PublicIpv4Pool: 'amazon',
    Tags: tagsAsList(record.tags),
  };
}
