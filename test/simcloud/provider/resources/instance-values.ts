/** An instance as the cloud shows it, in the attributes of aws_instance. */
import type { Instance, Volume } from '../../api.js';
import type { Ec2 } from '../ec2.js';
import type { Values } from '../value.js';
import { firstOf, tagValues, textIn } from './resource.js';

/** `state` is what the configuration or the last state says; it decides what the provider shows only if it was asked for. */
export function instanceValues(ec2: Ec2, found: Instance, root: Volume | undefined, state: Values): Values {
  const spot = found.SpotInstanceRequestId !== undefined;
  return {
    ...tagValues(found.Tags),
    id: found.InstanceId,
    arn: ec2.arn('instance', found.InstanceId),
    ami: found.ImageId,
    instance_type: found.InstanceType,
    instance_state: found.State.Name,
    instance_lifecycle: spot ? 'spot' : '',
    spot_instance_request_id: found.SpotInstanceRequestId ?? '',
    availability_zone: found.Placement.AvailabilityZone,
    tenancy: found.Placement.Tenancy,
    placement_partition_number: 0,
    subnet_id: found.SubnetId,
    private_ip: found.PrivateIpAddress,
    private_dns: found.PrivateDnsName,
    public_ip: found.PublicIpAddress ?? '',
    public_dns: found.PublicDnsName,
    associate_public_ip_address: found.PublicIpAddress !== undefined,
    primary_network_interface_id: found.NetworkInterfaceId,
    ipv6_addresses: [],
    ipv6_address_count: 0,
    secondary_private_ips: [],
    security_groups: found.SecurityGroups.map(({ GroupName }) => GroupName),
    vpc_security_group_ids: found.SecurityGroups.map(({ GroupId }) => GroupId),
    key_name: found.KeyName ?? '',
    iam_instance_profile: found.IamInstanceProfile ?? '',
    ...userDataValues(found, state),
    disable_api_stop: false,
    disable_api_termination: found.DisableApiTermination,
    ebs_optimized: found.EbsOptimized,
    monitoring: found.Monitoring,
    source_dest_check: found.SourceDestCheck,
    instance_initiated_shutdown_behavior: 'stop',
    outpost_arn: '',
    password_data: '',
    ...volumeValues(root, found, state),
    ...blockValues(found, spot),
  };
}

function userDataValues({ UserData }: Instance, state: Values): Values {
  if (UserData === undefined) return { user_data: null, user_data_base64: null };
  if (textIn(state['user_data_base64']) !== undefined) return { user_data: null, user_data_base64: UserData };
  return { user_data: Buffer.from(UserData, 'base64').toString('utf8'), user_data_base64: null };
}

/** `volume_tags` and tags of the block show the same thing; only the one that is configured is filled. */
function volumeValues(root: Volume | undefined, found: Instance, state: Values): Values {
  const block = firstOf(state['root_block_device']);
  const byVolumeTags = (state['volume_tags'] ?? null) !== null;
  const shown = tagValues(root?.Tags ?? []);
  return {
    volume_tags: byVolumeTags ? (shown['tags_all'] ?? null) : null,
    root_block_device:
      root === undefined
        ? []
        : [
            {
              delete_on_termination:
                root.Attachments[0]?.DeleteOnTermination ?? block['delete_on_termination'] ?? true,
              device_name: found.RootDeviceName,
              encrypted: root.Encrypted,
              iops: root.Iops,
              kms_key_id: root.KmsKeyId ?? '',
              tags: byVolumeTags ? null : (shown['tags'] ?? null),
              tags_all: byVolumeTags ? {} : (shown['tags_all'] ?? {}),
              throughput: root.Throughput,
              volume_id: root.VolumeId,
              volume_size: root.Size,
              volume_type: root.VolumeType,
            },
          ],
  };
}

/** Blocks that the real provider fills in whether they were asked for or not. */
function blockValues(found: Instance, spot: boolean): Values {
  const { MetadataOptions: metadata, SpotOptions: options } = found;
  return {
    metadata_options: [
      {
        http_endpoint: metadata.HttpEndpoint ?? null,
        http_protocol_ipv6: metadata.HttpProtocolIpv6 ?? null,
        http_put_response_hop_limit: metadata.HttpPutResponseHopLimit ?? null,
        http_tokens: metadata.HttpTokens ?? null,
        instance_metadata_tags: metadata.InstanceMetadataTags ?? null,
      },
    ],
    instance_market_options: spot
      ? [
          {
            market_type: 'spot',
            spot_options: [
              {
                instance_interruption_behavior: options?.InstanceInterruptionBehavior ?? 'terminate',
                max_price: options?.MaxPrice ?? '',
                spot_instance_type: options?.SpotInstanceType ?? 'one-time',
                valid_until: '',
              },
            ],
          },
        ]
      : [],
    capacity_reservation_specification: [
      { capacity_reservation_preference: 'open', capacity_reservation_target: [] },
    ],
    cpu_options: [{ amd_sev_snp: '', core_count: 1, threads_per_core: 2 }],
    enclave_options: [{ enabled: false }],
    maintenance_options: [{ auto_recovery: 'default' }],
    primary_network_interface: [
      { delete_on_termination: true, network_interface_id: found.NetworkInterfaceId },
    ],
    private_dns_name_options: [
      {
        enable_resource_name_dns_a_record: false,
        enable_resource_name_dns_aaaa_record: false,
        hostname_type: 'ip-name',
      },
    ],
    ebs_block_device: [],
    ephemeral_block_device: [],
    network_interface: [],
  };
}
