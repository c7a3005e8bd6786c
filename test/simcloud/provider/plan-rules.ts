/**
 * What the bindings do not say of the AWS provider 6.25 and a plan depends on: which attributes force a new resource, which
 * have defaults, which blocks the provider fills in by itself, which exclude each other. From the provider’s documentation
 * (registry.terraform.io/providers/hashicorp/aws/6.25.0/docs) and its source (internal/service/ec2).
 */
import type { Value } from './value.js';

export interface PlanRules {
  readonly forceNew?: readonly string[];
  readonly defaults?: Readonly<Record<string, Value>>;
  /** By name of the block. */
  readonly blocks?: Readonly<Record<string, BlockRules>>;
  /** At most one of each. */
  readonly conflicts?: readonly (readonly string[])[];
}

export interface BlockRules extends PlanRules {
  /** Optional and computed: absent from the configuration, it is what the cloud says. */
  readonly computed?: boolean;
}

const COMPUTED: BlockRules = { computed: true };
const RULE: PlanRules = {
  forceNew: ['security_group_id'],
  conflicts: [['cidr_ipv4', 'cidr_ipv6', 'prefix_list_id', 'referenced_security_group_id']],
};

export const PLAN_RULES: Readonly<Record<string, PlanRules>> = {
  aws_instance: {
    forceNew: [
      ...['ami', 'associate_public_ip_address', 'availability_zone', 'hibernation'],
      ...['key_name', 'placement_group', 'placement_partition_number', 'private_ip', 'security_groups'],
      ...['subnet_id', 'tenancy', 'ipv6_addresses'],
    ],
    defaults: {
      force_destroy: false,
      get_password_data: false,
      source_dest_check: true,
      user_data_replace_on_change: false,
    },
    blocks: {
      capacity_reservation_specification: COMPUTED,
      cpu_options: { computed: true, forceNew: ['amd_sev_snp', 'core_count', 'threads_per_core'] },
      ebs_block_device: { computed: true, defaults: { delete_on_termination: true } },
      enclave_options: { computed: true, forceNew: ['enabled'] },
      ephemeral_block_device: COMPUTED,
      instance_market_options: {
        computed: true,
        forceNew: ['market_type'],
        blocks: {
          spot_options: {
            forceNew: ['instance_interruption_behavior', 'max_price', 'spot_instance_type', 'valid_until'],
          },
        },
      },
      launch_template: { defaults: { version: '$Default' } },
      maintenance_options: COMPUTED,
      metadata_options: {
        computed: true,
        defaults: { http_endpoint: 'enabled', http_protocol_ipv6: 'disabled' },
      },
      network_interface: {
        computed: true,
        defaults: { delete_on_termination: false, network_card_index: 0 },
      },
      primary_network_interface: COMPUTED,
      private_dns_name_options: COMPUTED,
      root_block_device: {
        computed: true,
        forceNew: ['encrypted', 'kms_key_id'],
        defaults: { delete_on_termination: true },
      },
    },
    conflicts: [
      ['user_data', 'user_data_base64'],
      ['associate_public_ip_address', 'network_interface'],
      ['security_groups', 'vpc_security_group_ids'],
    ],
  },
  aws_security_group: {
    forceNew: ['description', 'name', 'name_prefix', 'vpc_id'],
    defaults: { description: 'Managed by Terraform', revoke_rules_on_delete: false },
    conflicts: [['name', 'name_prefix']],
  },
  aws_vpc_security_group_ingress_rule: RULE,
  aws_vpc_security_group_egress_rule: RULE,
  aws_eip: {
    forceNew: [
      'address',
      'customer_owned_ipv4_pool',
      'domain',
      'ipam_pool_id',
      'network_border_group',
      'public_ipv4_pool',
    ],
    conflicts: [['instance', 'network_interface']],
  },
  aws_eip_association: {
    forceNew: ['allocation_id', 'instance_id', 'network_interface_id', 'private_ip_address', 'public_ip'],
  },
  aws_ebs_volume: {
    forceNew: [
      ...[
        'availability_zone',
        'encrypted',
        'kms_key_id',
        'multi_attach_enabled',
        'outpost_arn',
        'snapshot_id',
      ],
      'volume_initialization_rate',
    ],
    defaults: { final_snapshot: false },
  },
  aws_volume_attachment: { forceNew: ['device_name', 'instance_id', 'volume_id'] },
  aws_ec2_tag: { forceNew: ['key', 'resource_id'] },
};

/** Version 6 has a `region` on every resource; another one is another resource. */
export const REGION = 'region';
