/** RunInstances, DescribeInstances, StopInstances, StartInstances, TerminateInstances and what modifies an instance. */
import {
  type Instance,
  type MetadataOptions,
  type RunInstancesInput,
  type TagSpecification,
  tagsAsList,
  tagsAsMap,
} from '../../api.js';
import { CloudRefusal, notFound } from '../errors.js';
import { spotPrice } from '../prices.js';
import { associationNow, attachmentNow, exists, type InstanceRecord, instanceState } from '../records.js';
import { defaultGroup, defaultSubnet, defaultVpc, type World } from '../world.js';
import { alive } from './alive.js';
import { type CallContext, type Calls, inputOf, said } from './call.js';
import { rootVolume } from './volumes.js';

const ROOT_DEVICE = '/dev/xvda';
const METADATA_DEFAULTS: Required<MetadataOptions> = {
  HttpEndpoint: 'enabled',
  HttpProtocolIpv6: 'disabled',
  HttpPutResponseHopLimit: 2,
  HttpTokens: 'optional',
  InstanceMetadataTags: 'disabled',
};

export const instanceCalls: Calls = {
  RunInstances: (context) => ({ Instances: [describe(context.world, run(context))] }),

  DescribeInstances(context) {
    const { world, region } = context;
    const { InstanceIds } = inputOf<{ InstanceIds?: readonly string[] }>(context);
    const records =
      InstanceIds === undefined
        ? world.list('instance', region)
        : InstanceIds.map((id) => world.find('instance', region, id));
    return { Reservations: records.map((record) => ({ Instances: [describe(world, record)] })) };
  },

  TerminateInstances(context) {
    const { world, region } = context;
    for (const id of inputOf<{ InstanceIds: readonly string[] }>(context).InstanceIds) {
      const record = world.find('instance', region, id);
      if (record.protectedFromTermination) {
        throw new CloudRefusal(
          'OperationNotPermitted',
          `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
        );
      }
      if (record.deletedAt === undefined) terminate(world, record);
    }
    return {};
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

function run(context: CallContext): InstanceRecord {
  const { world, region } = context;
  const input = inputOf<RunInstancesInput>(context);
  // The same token is the same request: a caller that lost the answer and asks again gets what it made.
  const earlier = world
    .list('instance', region)
    .find(({ clientToken }) => clientToken !== undefined && clientToken === input.ClientToken);
  if (earlier !== undefined) return earlier;
  refuseUnknown(world, input);
  refusePrice(input);
  const { instances } = world.settings.quotas;
  world.requireQuota('instance', region, instances, 'VcpuLimitExceeded', 'instances');
  const record = compose(context, input);
  world.put(record);
  world.put(rootVolume(record, input.RootVolume ?? {}, tagged(input, 'volume'), world));
  if (record.spot !== undefined) {
    world.put({
      kind: 'spot-request',
      id: record.spot.requestId,
      region,
      tags: tagged(input, 'spot-instances-request'),
      createdAt: world.now,
      visibleAt: world.now,
      instanceId: record.id,
      ...(record.spot.MaxPrice === undefined ? {} : { maxPrice: record.spot.MaxPrice }),
    });
  }
  return record;
}

function compose({ world, region }: CallContext, input: RunInstancesInput): InstanceRecord {
  const zone = input.AvailabilityZone ?? `${region}a`;
  const vpcId = defaultVpc(region);
  const publicIp = input.AssociatePublicIpAddress ?? input.SubnetId === undefined;
  return {
    kind: 'instance',
    id: world.newId('instance'),
    region,
    tags: tagged(input, 'instance'),
    createdAt: world.now,
    visibleAt: world.now,
    imageId: input.ImageId ?? '',
    instanceType: input.InstanceType ?? 'm1.small',
    zone,
    subnetId: input.SubnetId ?? defaultSubnet(zone),
    vpcId,
    groupIds: input.SecurityGroupIds ?? [defaultGroup(vpcId)],
    metadata: { ...METADATA_DEFAULTS, ...said(input.MetadataOptions ?? {}) } as Required<MetadataOptions>,
    protectedFromTermination: input.DisableApiTermination ?? false,
    ebsOptimized: input.EbsOptimized ?? false,
    monitoring: input.Monitoring ?? false,
    sourceDestCheck: true,
    privateIp: world.newPrivateIp(),
    rootVolumeId: world.newId('volume'),
    power: 'on',
    powerAt: world.now + world.settings.bootMs,
    ...(publicIp ? { publicIp: world.newPublicIp() } : {}),
    ...(input.ClientToken === undefined ? {} : { clientToken: input.ClientToken }),
    ...(input.KeyName === undefined ? {} : { keyName: input.KeyName }),
    ...(input.IamInstanceProfile === undefined ? {} : { profile: input.IamInstanceProfile }),
    ...(input.UserData === undefined ? {} : { userData: input.UserData }),
    ...(input.InstanceMarketOptions?.MarketType === 'spot'
      ? { spot: { ...input.InstanceMarketOptions.SpotOptions, requestId: world.newId('spot-request') } }
      : {}),
  };
}

function refuseUnknown(world: World, input: RunInstancesInput): void {
  if (!/^ami-[0-9a-f]{8,17}$/.test(input.ImageId ?? '')) {
    throw new CloudRefusal('InvalidAMIID.Malformed', `Invalid id: "${input.ImageId}" (expecting "ami-...")`);
  }
  world.requireForeign(input.ImageId, input.SubnetId, ...(input.SecurityGroupIds ?? []));
  if (input.KeyName !== undefined && world.settings.missing.includes(input.KeyName)) {
    throw new CloudRefusal('InvalidKeyPair.NotFound', `The key pair '${input.KeyName}' does not exist`);
  }
  for (const id of input.SecurityGroupIds ?? []) {
    if (world.all().some((record) => record.id === id && !exists(record, world.now))) throw notFound(id);
  }
}

function refusePrice({ InstanceMarketOptions, InstanceType = '' }: RunInstancesInput): void {
  const maxPrice = InstanceMarketOptions?.SpotOptions?.MaxPrice;
  const price = spotPrice(InstanceType);
  if (maxPrice === undefined || Number(maxPrice) >= price) return;
  throw new CloudRefusal(
    'SpotMaxPriceTooLow',
    `Your Spot request price of ${maxPrice} is lower than the minimum required Spot request fulfillment price of ${price.toFixed(4)}.`,
  );
}

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

const tagged = (input: RunInstancesInput, type: TagSpecification['ResourceType']): Record<string, string> =>
  tagsAsMap((input.TagSpecifications ?? []).find(({ ResourceType }) => ResourceType === type)?.Tags ?? []);

function describe(world: World, record: InstanceRecord): Instance {
  const address = world
    .living('address', record.region)
    .find((candidate) => associationNow(candidate, world.now)?.instanceId === record.id);
  const state = instanceState(record, world.now);
  const publicIp = state === 'terminated' ? undefined : (address?.publicIp ?? record.publicIp);
  return {
    InstanceId: record.id,
    ImageId: record.imageId,
    InstanceType: record.instanceType,
    State: { Name: state },
    Placement: { AvailabilityZone: record.zone, Tenancy: 'default' },
    SubnetId: record.subnetId,
    VpcId: record.vpcId,
    SecurityGroups: record.groupIds.map((GroupId) => ({
      GroupId,
      GroupName: groupName(world, record, GroupId),
    })),
    PrivateIpAddress: record.privateIp,
    PrivateDnsName: `ip-${record.privateIp.replaceAll('.', '-')}.${record.region}.compute.internal`,
    PublicIpAddress: publicIp,
    PublicDnsName:
      publicIp === undefined
        ? ''
        : `ec2-${publicIp.replaceAll('.', '-')}.${record.region}.compute.amazonaws.com`,
    NetworkInterfaceId: record.id.replace('i-', 'eni-'),
    KeyName: record.keyName,
    IamInstanceProfile: record.profile,
    UserData: record.userData,
    SpotInstanceRequestId: record.spot?.requestId,
    SpotOptions: record.spot,
    MetadataOptions: record.metadata,
    DisableApiTermination: record.protectedFromTermination,
    EbsOptimized: record.ebsOptimized,
    Monitoring: record.monitoring,
    SourceDestCheck: record.sourceDestCheck,
    RootDeviceName: ROOT_DEVICE,
    RootVolumeId: record.rootVolumeId,
    LaunchTime: new Date(record.createdAt).toISOString(),
    Tags: tagsAsList(record.tags),
  };
}

const groupName = (world: World, { region }: InstanceRecord, id: string): string =>
  world.list('security-group', region).find((group) => group.id === id)?.name ?? 'default';
