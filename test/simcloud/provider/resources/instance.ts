/** aws_instance */
import { randomUUID } from 'node:crypto';
import type { Instance, RunInstancesInput, TagSpecification, Volume } from '../../api.js';
import { type Ec2, isNotFound } from '../ec2.js';
import type { Values } from '../value.js';
import { instanceValues } from './instance-values.js';
import {
  boolIn,
  differ,
  firstOf,
  numberIn,
  type ResourceType,
  tagsIn,
  text,
  textIn,
  textsIn,
  updateTags,
} from './resource.js';

export const instance: ResourceType = {
  title: 'EC2 Instance',

  async create(ec2, planned, keep) {
    const { Instances } = await ec2.call<{ Instances: Instance[] }>('RunInstances', runInput(planned));
    const id = Instances[0]?.InstanceId ?? '';
    keep(id);
    await waitFor(ec2, id, 'create', 'running');
    if (planned['source_dest_check'] === false) {
      await ec2.call('ModifyInstanceAttribute', { InstanceId: id, sourceDestCheck: false });
    }
    // Tags of the root device cannot be given to RunInstances; a kill before this call leaves the volume without.
    const rootTags = firstOf(planned['root_block_device'])['tags'];
    await updateTags(ec2, Instances[0]?.RootVolumeId ?? '', null, rootTags);
  },

  async read(ec2, state) {
    const found = await describe(ec2, text(state['id']));
    if (found === undefined || found.State.Name === 'terminated') return undefined;
    const volumes = await ec2.find<{ Volumes: Volume[] }>('DescribeVolumes', {
      VolumeIds: [found.RootVolumeId],
    });
    return instanceValues(ec2, found, volumes?.Volumes[0], state);
  },

  async update(ec2, prior, planned) {
    const id = text(prior['id']);
    await updateTags(ec2, id, prior['tags_all'], planned['tags_all']);
    await modify(ec2, id, prior, planned);
    await updateRootVolume(ec2, prior, planned);
    if (differ(prior, planned, 'instance_type', 'user_data', 'user_data_base64')) {
      await ec2.call('StopInstances', { InstanceIds: [id] });
      await waitFor(ec2, id, 'update', 'stopped');
      await ec2.call('ModifyInstanceAttribute', {
        InstanceId: id,
        ...(differ(prior, planned, 'instance_type') ? { instanceType: planned['instance_type'] } : {}),
        ...(differ(prior, planned, 'user_data', 'user_data_base64') ? { userData: userData(planned) } : {}),
      });
      await ec2.call('StartInstances', { InstanceIds: [id] });
      await waitFor(ec2, id, 'update', 'running');
    }
  },

  async delete(ec2, state) {
    const id = text(state['id']);
    try {
      await ec2.call('TerminateInstances', { InstanceIds: [id] });
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    await waitFor(ec2, id, 'delete', 'terminated');
  },
};

function runInput(planned: Values): RunInstancesInput {
  const root = firstOf(planned['root_block_device']);
  const market = firstOf(planned['instance_market_options']);
  const spot = firstOf(market['spot_options']);
  const metadata = firstOf(planned['metadata_options']);
  const tags: TagSpecification[] = [
    { ResourceType: 'instance', Tags: tagsIn(planned['tags_all']) },
    { ResourceType: 'volume', Tags: tagsIn(planned['volume_tags']) },
  ];
  return {
    ClientToken: randomUUID(),
    ImageId: textIn(planned['ami']),
    InstanceType: textIn(planned['instance_type']),
    AvailabilityZone: textIn(planned['availability_zone']),
    SubnetId: textIn(planned['subnet_id']),
    SecurityGroupIds: textsIn(planned['vpc_security_group_ids']),
    AssociatePublicIpAddress: boolIn(planned['associate_public_ip_address']),
    KeyName: textIn(planned['key_name']),
    IamInstanceProfile: textIn(planned['iam_instance_profile']),
    UserData: userData(planned),
    RootVolume: {
      DeleteOnTermination: boolIn(root['delete_on_termination']),
      Encrypted: boolIn(root['encrypted']),
      Iops: numberIn(root['iops']),
      KmsKeyId: textIn(root['kms_key_id']),
      Throughput: numberIn(root['throughput']),
      VolumeSize: numberIn(root['volume_size']),
      VolumeType: textIn(root['volume_type']),
    },
    ...(market['market_type'] === 'spot'
      ? {
          InstanceMarketOptions: {
            MarketType: 'spot',
            SpotOptions: {
              InstanceInterruptionBehavior: textIn(spot['instance_interruption_behavior']),
              MaxPrice: textIn(spot['max_price']),
              SpotInstanceType: textIn(spot['spot_instance_type']),
            },
          },
        }
      : {}),
    MetadataOptions: {
      HttpEndpoint: textIn(metadata['http_endpoint']),
      HttpProtocolIpv6: textIn(metadata['http_protocol_ipv6']),
      HttpPutResponseHopLimit: numberIn(metadata['http_put_response_hop_limit']),
      HttpTokens: textIn(metadata['http_tokens']),
      InstanceMetadataTags: textIn(metadata['instance_metadata_tags']),
    },
    DisableApiTermination: boolIn(planned['disable_api_termination']),
    EbsOptimized: boolIn(planned['ebs_optimized']),
    Monitoring: boolIn(planned['monitoring']),
    TagSpecifications: tags.filter(({ Tags }) => Tags.length > 0),
  };
}

function userData(planned: Values): string | undefined {
  const plain = textIn(planned['user_data']);
  return plain === undefined
    ? textIn(planned['user_data_base64'])
    : Buffer.from(plain, 'utf8').toString('base64');
}

async function modify(ec2: Ec2, id: string, prior: Values, planned: Values): Promise<void> {
  const changes = {
    ...(differ(prior, planned, 'vpc_security_group_ids')
      ? { groupIds: textsIn(planned['vpc_security_group_ids']) }
      : {}),
    ...(differ(prior, planned, 'disable_api_termination')
      ? { protectedFromTermination: planned['disable_api_termination'] }
      : {}),
    ...(differ(prior, planned, 'source_dest_check') ? { sourceDestCheck: planned['source_dest_check'] } : {}),
  };
  if (Object.keys(changes).length > 0) {
    await ec2.call('ModifyInstanceAttribute', { InstanceId: id, ...changes });
  }
  if (differ(prior, planned, 'metadata_options')) {
    const { MetadataOptions } = runInput(planned);
    await ec2.call('ModifyInstanceMetadataOptions', { InstanceId: id, ...MetadataOptions });
  }
}

async function updateRootVolume(ec2: Ec2, prior: Values, planned: Values): Promise<void> {
  const before = firstOf(prior['root_block_device']);
  const after = firstOf(planned['root_block_device']);
  const id = text(before['volume_id']);
  if (differ(before, after, 'volume_size', 'volume_type', 'iops', 'throughput')) {
    const { VolumeSize, VolumeType, Iops, Throughput } = runInput(planned).RootVolume ?? {};
    await ec2.call('ModifyVolume', { VolumeId: id, VolumeSize, VolumeType, Iops, Throughput });
  }
  if (differ(before, after, 'tags')) await updateTags(ec2, id, before['tags'], after['tags']);
  if (differ(prior, planned, 'volume_tags')) {
    await updateTags(ec2, id, prior['volume_tags'], planned['volume_tags']);
  }
}

async function describe(ec2: Ec2, id: string): Promise<Instance | undefined> {
  const found = await ec2.find<{ Reservations: { Instances: Instance[] }[] }>('DescribeInstances', {
    InstanceIds: [id],
  });
  return found?.Reservations[0]?.Instances[0];
}

/** Not found is waited out while one is made, and is the end of one that is deleted. */
export async function waitFor(
  ec2: Ec2,
  id: string,
  doing: 'create' | 'update' | 'delete',
  state: 'running' | 'stopped' | 'terminated',
): Promise<void> {
  await ec2.until(`waiting for EC2 Instance (${id}) ${doing}`, async () => {
    const found = await describe(ec2, id);
    const now = found?.State.Name ?? (doing === 'delete' ? 'terminated' : 'pending');
    if (now === state) return true;
    if (now === 'terminated')
      throw new Error(`waiting for EC2 Instance (${id}) ${doing}: unexpected state 'terminated'`);
    return undefined;
  });
}
