/** An instance as DescribeInstances shows it. */
import { type Instance, tagsAsList } from '../../api.js';
import { associationNow, type InstanceRecord, instanceState } from '../records.js';
import type { World } from '../world.js';

const ROOT_DEVICE = '/dev/xvda';

export function describeInstance(world: World, record: InstanceRecord): Instance {
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
