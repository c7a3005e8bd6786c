/** The JSON of `aws-node`, attribute by attribute, as the AWS provider’s pages name them. */
import { describe, expect, it } from 'vitest';
import { parseInputs } from '../../src/synth/inputs.js';
import { synthesize } from '../../src/synth/synthesize.js';
import { awsNode } from '../../stacks/aws-node.js';

const MINIMAL = { region: 'eu-central-1', ami: 'ami-0123456789abcdef0', instanceType: 'm7g.large' };
const VPC = 'vpc-0123456789abcdef0';
const SUBNET = 'subnet-0123456789abcdef0';
const GROUP = 'sg-0123456789abcdef0';
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ROLE = 'arn:aws:iam::123456789012:role/provisioner';

const OWNERSHIP = {
  'nodeyard:fleet': 'fleet-1',
  'nodeyard:node-id': 'Node-1',
  'nodeyard:group': 'edge',
  'nodeyard:role': 'relay',
  'nodeyard:stack': 'aws-node',
};
const TAGS = { Name: 'Node-1', team: 'video', ...OWNERSHIP };

type Resource = Record<string, unknown>;
interface Configuration {
  readonly terraform: unknown;
  readonly provider: unknown;
  readonly resource: Record<string, Record<string, Resource>>;
  readonly data?: Record<string, Record<string, Resource>>;
  readonly output: Record<string, { value: unknown }>;
}

function configured(inputs: object, tags: Record<string, string> = { team: 'video' }) {
  const { configuration, outputNames, providers } = synthesize(awsNode, [
    {
      fleet: 'fleet-1',
      nodeId: 'Node-1',
      group: 'edge',
      role: 'relay',
      tags,
      inputs: { ...MINIMAL, ...inputs },
      localDir: '/nodes/Node-1',
    },
  ]);
  const parsed = JSON.parse(configuration) as Configuration;
  const all = (type: string): Resource[] => Object.values(parsed.resource[type] ?? {});
  const one = (type: string): Resource => {
    expect(all(type)).toHaveLength(1);
    return all(type)[0] ?? {};
  };
  const reference = (type: string, attribute: string): string =>
    `\${${type}.${Object.keys(parsed.resource[type] ?? {})[0]}.${attribute}}`;
  const names = outputNames.get('Node-1') ?? {};
  const outputs = Object.fromEntries(
    Object.entries(parsed.output).map(([name, { value }]) => [names[name], value]),
  );
  return { ...parsed, all, one, reference, outputs, providers, instance: one('aws_instance') };
}

describe('aws-node', () => {
  it('is one instance with safe defaults when no more is said', () => {
    const { instance, resource, provider, providers, outputs, reference, data } = configured({});
    expect(instance).toEqual({
      ami: 'ami-0123456789abcdef0',
      instance_type: 'm7g.large',
      disable_api_termination: false,
      metadata_options: { http_endpoint: 'enabled', http_tokens: 'required', http_put_response_hop_limit: 1 },
      root_block_device: { delete_on_termination: true },
      tags: TAGS,
      volume_tags: TAGS,
    });
    expect(Object.keys(resource)).toEqual(['aws_instance']);
    expect(data).toBeUndefined();
    expect(provider).toEqual({ aws: [{ region: 'eu-central-1' }] });
    expect(providers).toEqual({ aws: { source: 'aws', version: '6.25.0' } });
    expect(outputs).toEqual({
      instanceId: reference('aws_instance', 'id'),
      privateAddress: reference('aws_instance', 'private_ip'),
      publicAddress: reference('aws_instance', 'public_ip'),
      zone: reference('aws_instance', 'availability_zone'),
    });
  });

  it('takes what it is given', () => {
    const { instance } = configured({
      zone: 'eu-central-1a',
      subnetId: SUBNET,
      publicIp: false,
      securityGroupIds: [GROUP],
      keyName: 'ops',
      instanceProfile: 'node-profile',
      userData: '#!/bin/sh\necho ${HOME} %{x}\n',
      metadata: { tokens: 'optional', hopLimit: 2 },
      rootVolume: { sizeGiB: 30, type: 'io2', iops: 4000, kmsKeyId: KEY },
    });
    expect(instance).toMatchObject({
      availability_zone: 'eu-central-1a',
      subnet_id: SUBNET,
      associate_public_ip_address: false,
      vpc_security_group_ids: [GROUP],
      key_name: 'ops',
      iam_instance_profile: 'node-profile',
      user_data: '#!/bin/sh\necho $${HOME} %%{x}\n',
      metadata_options: { http_tokens: 'optional', http_put_response_hop_limit: 2 },
    });
    expect(instance['root_block_device']).toEqual({
      delete_on_termination: true,
      volume_size: 30,
      volume_type: 'io2',
      iops: 4000,
      encrypted: true,
      kms_key_id: KEY,
    });
    expect(configured({ userDataBase64: 'H4sIAA==' }).instance).toMatchObject({
      user_data_base64: 'H4sIAA==',
    });
  });

  it('encrypts a volume unless told not to, and sets throughput for gp3', () => {
    const { instance } = configured({ rootVolume: { throughputMiB: 250, iops: 4000 } });
    expect(instance['root_block_device']).toEqual({
      delete_on_termination: true,
      volume_type: 'gp3',
      encrypted: true,
      iops: 4000,
      throughput: 250,
    });
    expect(configured({ rootVolume: { encrypted: false } }).instance['root_block_device']).toMatchObject({
      encrypted: false,
    });
  });

  it('finds the most recent image of given owners, and keeps it when a newer one appears', () => {
    const { data, instance } = configured({
      ami: undefined,
      amiFilter: { owners: ['099720109477'], name: 'ubuntu/images/*', architecture: 'arm64' },
    });
    const [name, image] = Object.entries(data?.['aws_ami'] ?? {})[0] ?? [];
    expect(image).toEqual({
      most_recent: true,
      owners: ['099720109477'],
      filter: [
        { name: 'name', values: ['ubuntu/images/*'] },
        { name: 'state', values: ['available'] },
        { name: 'architecture', values: ['arm64'] },
      ],
    });
    expect(instance).toMatchObject({
      ami: `\${data.aws_ami.${name}.id}`,
      lifecycle: { ignore_changes: ['ami'] },
    });
  });

  it('has a security group of its own with a resource per rule', () => {
    const { one, all, instance, reference } = configured({
      subnetId: SUBNET,
      securityGroupIds: [GROUP],
      securityGroup: {
        vpcId: VPC,
        description: 'relay nodes',
        ingress: [
          { protocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0', description: 'HTTPS' },
          { protocol: 'udp', fromPort: 10_000, toPort: 20_000, cidrIpv6: '::/0' },
          { protocol: 'icmp', fromPort: -1, toPort: -1, securityGroupId: GROUP },
        ],
      },
    });
    const id = reference('aws_security_group', 'id');
    expect(one('aws_security_group')).toEqual({
      name_prefix: 'nodeyard-Node-1-',
      description: 'relay nodes',
      vpc_id: VPC,
      tags: TAGS,
    });
    const rule = { security_group_id: id, tags: TAGS };
    expect(all('aws_vpc_security_group_ingress_rule')).toEqual([
      {
        ...rule,
        ip_protocol: 'tcp',
        from_port: 443,
        to_port: 443,
        cidr_ipv4: '0.0.0.0/0',
        description: 'HTTPS',
      },
      { ...rule, ip_protocol: 'udp', from_port: 10_000, to_port: 20_000, cidr_ipv6: '::/0' },
      { ...rule, ip_protocol: 'icmp', from_port: -1, to_port: -1, referenced_security_group_id: GROUP },
    ]);
    expect(one('aws_vpc_security_group_egress_rule')).toEqual({
      ...rule,
      ip_protocol: '-1',
      cidr_ipv4: '0.0.0.0/0',
    });
    expect(instance['vpc_security_group_ids']).toEqual([GROUP, id]);
  });

  it('lets nothing out when egress is an empty list', () => {
    expect(configured({ securityGroup: { egress: [] } }).all('aws_vpc_security_group_egress_rule')).toEqual(
      [],
    );
  });

  it('has an Elastic IP, whose address is the public one', () => {
    const { one, outputs, reference, instance } = configured({ elasticIp: true });
    expect(one('aws_eip')).toEqual({ domain: 'vpc', instance: reference('aws_instance', 'id'), tags: TAGS });
    expect(outputs['publicAddress']).toBe(reference('aws_eip', 'public_ip'));
    expect(instance).not.toHaveProperty('associate_public_ip_address');
  });

  it('has data volumes in the zone of its instance, which stops before it lets go of them', () => {
    const { all, one, reference, instance } = configured({
      dataVolumes: [
        { device: '/dev/sdf', sizeGiB: 100, type: 'gp3', iops: 5000, throughputMiB: 300 },
        { device: '/dev/sdg', snapshotId: 'snap-0123456789abcdef0', encrypted: false },
      ],
    });
    const zone = reference('aws_instance', 'availability_zone');
    expect(all('aws_ebs_volume')).toEqual([
      {
        availability_zone: zone,
        size: 100,
        type: 'gp3',
        iops: 5000,
        throughput: 300,
        encrypted: true,
        tags: TAGS,
      },
      {
        availability_zone: zone,
        type: 'gp3',
        snapshot_id: 'snap-0123456789abcdef0',
        encrypted: false,
        tags: TAGS,
      },
    ]);
    expect(all('aws_volume_attachment')[0]).toEqual({
      device_name: '/dev/sdf',
      instance_id: reference('aws_instance', 'id'),
      volume_id: reference('aws_ebs_volume', 'id'),
      stop_instance_before_detaching: true,
    });
    expect(one('aws_instance')['volume_tags']).toBeUndefined();
    expect(instance['root_block_device']).toMatchObject({ tags: TAGS });
  });

  it('is a one-time spot instance with a maximum price, whose request bears the ownership tags', () => {
    const { instance, all, reference } = configured({
      spot: { maxPrice: '0.0310' },
      dataVolumes: [{ device: '/dev/sdf', sizeGiB: 1 }],
    });
    expect(instance['instance_market_options']).toEqual({
      market_type: 'spot',
      spot_options: {
        spot_instance_type: 'one-time',
        instance_interruption_behavior: 'terminate',
        max_price: '0.0310',
      },
    });
    expect(all('aws_ec2_tag')).toEqual(
      Object.entries(OWNERSHIP).map(([key, value]) => ({
        resource_id: reference('aws_instance', 'spot_instance_request_id'),
        key,
        value,
      })),
    );
    expect(all('aws_volume_attachment')[0]).toMatchObject({ force_detach: true });
    expect(all('aws_volume_attachment')[0]).not.toHaveProperty('stop_instance_before_detaching');
    expect(configured({ spot: {} }).instance['instance_market_options']).not.toHaveProperty(
      'spot_options.max_price',
    );
  });

  it('puts the ownership tags on everything that can bear tags, whatever the request’s tags say', () => {
    const everything = configured(
      {
        elasticIp: true,
        securityGroup: { ingress: [{ protocol: 'all', cidrIpv4: '10.0.0.0/8' }] },
        dataVolumes: [{ device: '/dev/sdf', sizeGiB: 1 }],
        spot: {},
      },
      { Name: 'mine', 'nodeyard:node-id': 'somebody else' },
    );
    const untaggable = ['aws_volume_attachment', 'aws_ec2_tag'];
    const tagged = Object.entries(everything.resource).filter(([type]) => !untaggable.includes(type));
    expect(tagged.map(([type]) => type).sort()).toEqual([
      'aws_ebs_volume',
      'aws_eip',
      'aws_instance',
      'aws_security_group',
      'aws_vpc_security_group_egress_rule',
      'aws_vpc_security_group_ingress_rule',
    ]);
    for (const resource of tagged.flatMap(([, resources]) => Object.values(resources))) {
      expect(resource['tags']).toEqual({ Name: 'mine', ...OWNERSHIP });
    }
    expect(everything.instance['root_block_device']).toMatchObject({ tags: { Name: 'mine', ...OWNERSHIP } });
  });

  it('assumes the role that the inputs name, and shares runs only within region and role', () => {
    const assumeRole = { roleArn: ROLE, externalId: 'ext-1', sessionName: 'nodeyard' };
    expect(configured({ assumeRole }).provider).toEqual({
      aws: [
        {
          region: 'eu-central-1',
          assume_role: [{ role_arn: ROLE, external_id: 'ext-1', session_name: 'nodeyard' }],
        },
      ],
    });
    const key = (inputs: object) => awsNode.batchKey(parseInputs(awsNode, { ...MINIMAL, ...inputs }));
    expect(key({ instanceType: 'c7g.large' })).toBe(key({}));
    const keys = [{}, { region: 'eu-west-1' }, { assumeRole }, { assumeRole: { roleArn: ROLE } }].map(key);
    expect(new Set(keys).size).toBe(4);
  });
});

describe('the inputs of aws-node are refused', () => {
  const rule = { protocol: 'tcp', fromPort: 1, toPort: 2, cidrIpv4: '0.0.0.0/0' };
  const ingress = (change: object) => ({ securityGroup: { ingress: [{ ...rule, ...change }] } });

  it.each<[string, object]>([
    ['inputs.region', { region: 'Frankfurt' }],
    ['inputs.region', { region: undefined }],
    ['inputs.zone', { zone: 'eu-west-1a' }],
    ['inputs.ami', { ami: undefined }],
    ['inputs.ami', { amiFilter: { owners: ['self'], name: 'x' } }],
    ['inputs.ami', { ami: '${file("/etc/passwd")}' }],
    ['inputs.amiFilter.owners', { ami: undefined, amiFilter: { owners: [], name: 'x' } }],
    ['inputs.amiFilter.owners[0]', { ami: undefined, amiFilter: { owners: ['*'], name: 'x' } }],
    ['inputs.instanceType', { instanceType: 'large' }],
    ['inputs.subnetId', { subnetId: 'subnet' }],
    ['inputs.publicIp', { publicIp: true, elasticIp: true }],
    ['inputs.securityGroupIds[0]', { securityGroupIds: ['default'] }],
    ['inputs.securityGroup.vpcId', { subnetId: SUBNET, securityGroup: {} }],
    ['inputs.securityGroup.ingress[0].cidrIpv4', ingress({ cidrIpv4: '10.0.0.0/33' })],
    ['inputs.securityGroup.ingress[0].cidrIpv4', ingress({ cidrIpv4: undefined })],
    ['inputs.securityGroup.ingress[0].cidrIpv4', ingress({ cidrIpv6: '::/0' })],
    ['inputs.securityGroup.ingress[0].cidrIpv6', ingress({ cidrIpv4: undefined, cidrIpv6: '10.0.0.0/8' })],
    ['inputs.securityGroup.ingress[0].fromPort', ingress({ fromPort: undefined })],
    ['inputs.securityGroup.ingress[0].fromPort', ingress({ fromPort: -1 })],
    ['inputs.securityGroup.ingress[0].fromPort', ingress({ protocol: 'all' })],
    ['inputs.securityGroup.ingress[0].toPort', ingress({ fromPort: 3 })],
    ['inputs.securityGroup.ingress[0].toPort', ingress({ toPort: 70_000 })],
    ['inputs.securityGroup.ingress[0].description', ingress({ description: 'a%b' })],
    ['inputs.instanceProfile', { instanceProfile: 'a/b' }],
    ['inputs.rootVolume.iops', { rootVolume: { type: 'gp2', iops: 3000 } }],
    ['inputs.rootVolume.iops', { rootVolume: { type: 'io1' } }],
    ['inputs.rootVolume.throughputMiB', { rootVolume: { type: 'io2', iops: 3000, throughputMiB: 125 } }],
    ['inputs.rootVolume.kmsKeyId', { rootVolume: { encrypted: false, kmsKeyId: KEY } }],
    ['inputs.rootVolume.type', { rootVolume: { type: 'st1' } }],
    ['inputs.rootVolume.sizeGiB', { rootVolume: { sizeGiB: 0 } }],
    ['inputs.dataVolumes[0].device', { dataVolumes: [{ device: '/dev/sda1', sizeGiB: 1 }] }],
    ['inputs.dataVolumes[0].sizeGiB', { dataVolumes: [{ device: '/dev/sdf' }] }],
    [
      'inputs.dataVolumes[1].device',
      {
        dataVolumes: [
          { device: '/dev/sdf', sizeGiB: 1 },
          { device: '/dev/sdf', sizeGiB: 1 },
        ],
      },
    ],
    ['inputs.userData', { userData: 'é'.repeat(8_193) }],
    ['inputs.userDataBase64', { userData: 'x', userDataBase64: 'eA==' }],
    ['inputs.userDataBase64', { userDataBase64: 'not base64' }],
    ['inputs.userDataBase64', { userDataBase64: Buffer.alloc(16_385).toString('base64') }],
    ['inputs.spot.maxPrice', { spot: { maxPrice: '-1' } }],
    ['inputs.spot.maxPrice', { spot: { maxPrice: 0.1 } }],
    ['inputs.maxPrice', { maxPrice: '0.1' }],
    ['inputs.metadata.hopLimit', { metadata: { hopLimit: 65 } }],
    ['inputs.assumeRole.roleArn', { assumeRole: { roleArn: 'admin' } }],
    ['inputs.accessKey', { accessKey: 'AKIAIOSFODNN7EXAMPLE' }],
    ['inputs.assumeRole.secretKey', { assumeRole: { roleArn: ROLE, secretKey: 'x' } }],
  ])('at %s: %j', (field, change) => {
    expect(() => parseInputs(awsNode, { ...MINIMAL, ...change })).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field }),
    );
  });

  it('without saying what a secret was', () => {
    try {
      parseInputs(awsNode, { ...MINIMAL, secretKey: 'hunter2hunter2' });
      expect.unreachable();
    } catch (error) {
      expect(String(error)).toContain('inputs.secretKey');
      expect(String(error)).not.toContain('hunter2');
    }
  });
});
