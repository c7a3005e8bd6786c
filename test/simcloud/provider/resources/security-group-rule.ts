/** aws_vpc_security_group_ingress_rule and …_egress_rule */
import type { RuleTerms, SecurityGroupRule } from '../../api.js';
import type { Ec2 } from '../ec2.js';
import type { Values } from '../value.js';
import {
  differ,
  numberIn,
  type ResourceType,
  tagsIn,
  tagValues,
  text,
  textIn,
  updateTags,
} from './resource.js';

const TERMS = [
  ...['cidr_ipv4', 'cidr_ipv6', 'prefix_list_id', 'referenced_security_group_id'],
  ...['description', 'ip_protocol', 'from_port', 'to_port'],
];

export function securityGroupRule(direction: 'Ingress' | 'Egress'): ResourceType {
  return {
    title: `VPC Security Group ${direction} Rule`,

    async create(ec2, planned, keep) {
      const { SecurityGroupRules } = await ec2.call<{ SecurityGroupRules: SecurityGroupRule[] }>(
        `AuthorizeSecurityGroup${direction}`,
        {
          GroupId: text(planned['security_group_id']),
          Terms: terms(planned),
          Tags: tagsIn(planned['tags_all']),
        },
      );
      keep(SecurityGroupRules[0]?.SecurityGroupRuleId ?? '');
    },

    async read(ec2, state) {
      const found = await describe(ec2, text(state['id']));
      return found && { ...tagValues(found.Tags), ...values(ec2, found) };
    },

    async update(ec2, prior, planned) {
      const id = text(prior['id']);
      await updateTags(ec2, id, prior['tags_all'], planned['tags_all']);
      if (differ(prior, planned, ...TERMS)) {
        await ec2.call('ModifySecurityGroupRules', { SecurityGroupRuleId: id, Terms: terms(planned) });
      }
    },

    async delete(ec2, state) {
      await ec2.find(`RevokeSecurityGroup${direction}`, {
        GroupId: text(state['security_group_id']),
        SecurityGroupRuleIds: [text(state['id'])],
      });
    },
  };
}

const terms = (planned: Values): RuleTerms => ({
  IpProtocol: text(planned['ip_protocol']),
  FromPort: numberIn(planned['from_port']) ?? -1,
  ToPort: numberIn(planned['to_port']) ?? -1,
  CidrIpv4: textIn(planned['cidr_ipv4']),
  CidrIpv6: textIn(planned['cidr_ipv6']),
  PrefixListId: textIn(planned['prefix_list_id']),
  ReferencedGroupId: textIn(planned['referenced_security_group_id']),
  Description: textIn(planned['description']),
});

async function describe(ec2: Ec2, id: string): Promise<SecurityGroupRule | undefined> {
  const found = await ec2.find<{ SecurityGroupRules: SecurityGroupRule[] }>('DescribeSecurityGroupRules', {
    SecurityGroupRuleIds: [id],
  });
  return found?.SecurityGroupRules[0];
}

const values = (ec2: Ec2, found: SecurityGroupRule): Values => ({
  id: found.SecurityGroupRuleId,
  security_group_rule_id: found.SecurityGroupRuleId,
  arn: ec2.arn('security-group-rule', found.SecurityGroupRuleId),
  security_group_id: found.GroupId,
  ip_protocol: found.IpProtocol,
  // With every protocol there are no ports to speak of.
  from_port: found.IpProtocol === '-1' ? null : found.FromPort,
  to_port: found.IpProtocol === '-1' ? null : found.ToPort,
  cidr_ipv4: found.CidrIpv4 ?? null,
  cidr_ipv6: found.CidrIpv6 ?? null,
  prefix_list_id: found.PrefixListId ?? null,
  referenced_security_group_id: found.ReferencedGroupId ?? null,
  description: found.Description ?? null,
});
