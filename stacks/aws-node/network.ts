/** A security group of the node’s own, and its Elastic IP. */
import { Eip } from '@cdktf/provider-aws/lib/eip/index.js';
import type { Instance } from '@cdktf/provider-aws/lib/instance/index.js';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js';
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js';
import type { Construct } from 'constructs';
import type { NodeContext } from '../define.js';
import type { RuleInputs, SecurityGroupInputs } from './network-inputs.js';
import { defined, type Tags } from './values.js';

/** Terraform takes away the rule with which EC2 lets everything out; this is it. */
const EVERYTHING_OUT: readonly RuleInputs[] = [{ protocol: 'all', cidrIpv4: '0.0.0.0/0' }];

export function addSecurityGroup(
  scope: Construct,
  group: SecurityGroupInputs,
  node: NodeContext,
  tags: Tags,
): SecurityGroup {
  const own = new SecurityGroup(scope, 'security-group', {
    // A prefix: a group that a hard kill left behind must not stand in the way of the next try.
    namePrefix: `nodeyard-${node.id}-`,
    description: group.description ?? `Node ${node.id}`,
    ...defined({ vpcId: group.vpcId }),
    tags,
  });
  group.ingress.forEach((rule, index) => {
    new VpcSecurityGroupIngressRule(scope, `ingress-${index}`, ruleConfig(own, rule, tags));
  });
  (group.egress ?? EVERYTHING_OUT).forEach((rule, index) => {
    new VpcSecurityGroupEgressRule(scope, `egress-${index}`, ruleConfig(own, rule, tags));
  });
  return own;
}

function ruleConfig(group: SecurityGroup, rule: RuleInputs, tags: Tags) {
  return {
    securityGroupId: group.id,
    ipProtocol: rule.protocol === 'all' ? '-1' : rule.protocol,
    ...defined({
      fromPort: rule.fromPort,
      toPort: rule.toPort,
      cidrIpv4: rule.cidrIpv4,
      cidrIpv6: rule.cidrIpv6,
      prefixListId: rule.prefixListId,
      referencedSecurityGroupId: rule.securityGroupId,
      description: rule.description,
    }),
    tags,
  };
}

export function addElasticIp(scope: Construct, instance: Instance, tags: Tags): Eip {
  return new Eip(scope, 'address', { domain: 'vpc', instance: instance.id, tags });
}
