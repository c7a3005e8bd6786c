/** What the simulated provider knows: each type that the stack `aws-node` uses, as the installed bindings describe it. */
import type { ProviderSchemas } from '../schema.js';
import { deriveBlock } from './derive.js';
import { bindingSource } from './source.js';

const RESOURCES: Readonly<Record<string, string>> = {
  aws_instance: 'instance',
  aws_security_group: 'security-group',
  aws_vpc_security_group_ingress_rule: 'vpc-security-group-ingress-rule',
  aws_vpc_security_group_egress_rule: 'vpc-security-group-egress-rule',
  aws_eip: 'eip',
  aws_eip_association: 'eip-association',
  aws_ebs_volume: 'ebs-volume',
  aws_volume_attachment: 'volume-attachment',
  aws_ec2_tag: 'ec2-tag',
};
const DATA_SOURCES: Readonly<Record<string, string>> = { aws_ami: 'data-aws-ami' };

export function deriveSchemas(): ProviderSchemas {
  const provider = bindingSource('provider');
  const version = /providerVersion: '([\d.]+)'/.exec(provider)?.[1];
  if (version === undefined) throw new Error('the bindings do not say the version of their provider');
  return {
    version,
    provider: deriveBlock(provider, 'AwsProvider'),
    resources: derived(RESOURCES),
    dataSources: derived(DATA_SOURCES),
  };
}

const derived = (modules: Readonly<Record<string, string>>): ProviderSchemas['resources'] =>
  Object.fromEntries(
    Object.entries(modules).map(([type, module]) => [
      type,
      deriveBlock(bindingSource(module), className(module)),
    ]),
  );

const className = (module: string): string =>
  module
    .split('-')
    .map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)
    .join('');
