/** RunInstances: one instance with its root volume and, on the spot market, its request. */
import { type MetadataOptions, type RunInstancesInput, type TagSpecification, tagsAsMap } from '../../api.js';
import { CloudRefusal, notFound } from '../errors.js';
import { spotPrice } from '../prices.js';
import { exists, type InstanceRecord } from '../records.js';
import { defaultGroup, defaultSubnet, defaultVpc, type World } from '../world.js';
import { type CallContext, inputOf, said } from './call.js';
import { rootVolume } from './volume-record.js';

const METADATA_DEFAULTS: Required<MetadataOptions> = {
  HttpEndpoint: 'enabled',
  HttpProtocolIpv6: 'disabled',
  HttpPutResponseHopLimit: 2,
  HttpTokens: 'optional',
  InstanceMetadataTags: 'disabled',
};

export function runInstance(context: CallContext): InstanceRecord {
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

const tagged = (input: RunInstancesInput, type: TagSpecification['ResourceType']): Record<string, string> =>
  tagsAsMap((input.TagSpecifications ?? []).find(({ ResourceType }) => ResourceType === type)?.Tags ?? []);
