/** aws_security_group. Its inline rules are not simulated: a stack uses the rule resources. */
import { randomBytes } from 'node:crypto';
import type { SecurityGroup, SecurityGroupRule } from '../../api.js';
import type { Ec2 } from '../ec2.js';
import { listOf, type Values } from '../value.js';
import { type ResourceType, tagsIn, tagValues, text, textIn, updateTags } from './resource.js';

export const securityGroup: ResourceType = {
  title: 'Security Group',

  async create(ec2, planned, keep) {
    if (listOf(planned['ingress']).length + listOf(planned['egress']).length > 0) {
      throw new Error(
        'inline rules are not simulated; use aws_vpc_security_group_ingress_rule and …_egress_rule',
      );
    }
    const made = await ec2.call<{ GroupId: string }>('CreateSecurityGroup', {
      GroupName:
        textIn(planned['name']) ?? `${textIn(planned['name_prefix']) ?? 'terraform-'}${uniqueSuffix()}`,
      Description: text(planned['description']),
      VpcId: textIn(planned['vpc_id']),
      Tags: tagsIn(planned['tags_all']),
    });
    keep(made.GroupId);
    await ec2.until(`waiting for Security Group (${made.GroupId}) create`, () => describe(ec2, made.GroupId));
    await revokeDefaultEgress(ec2, made.GroupId);
  },

  async read(ec2, state) {
    const found = await describe(ec2, text(state['id']));
    if (found === undefined) return undefined;
    const rules = await rulesOf(ec2, found.GroupId);
    return {
      ...tagValues(found.Tags),
      id: found.GroupId,
      arn: ec2.arn('security-group', found.GroupId),
      name: found.GroupName,
      name_prefix: textIn(state['name_prefix']) ?? '',
      description: found.Description,
      owner_id: found.OwnerId,
      vpc_id: found.VpcId,
      ingress: rules.filter(({ IsEgress }) => !IsEgress).map((rule) => inlineRule(rule)),
      egress: rules.filter(({ IsEgress }) => IsEgress).map((rule) => inlineRule(rule)),
    };
  },

  async update(ec2, prior, planned) {
    await updateTags(ec2, text(prior['id']), prior['tags_all'], planned['tags_all']);
  },

  async delete(ec2, state) {
    await ec2.insist('DeleteSecurityGroup', { GroupId: text(state['id']) }, /^DependencyViolation$/);
  },
};

/** Terraform takes away the rule with which EC2 lets everything out. */
async function revokeDefaultEgress(ec2: Ec2, id: string): Promise<void> {
  const rules = await rulesOf(ec2, id);
  await ec2.call('RevokeSecurityGroupEgress', {
    GroupId: id,
    SecurityGroupRuleIds: rules
      .filter(({ IsEgress }) => IsEgress)
      .map(({ SecurityGroupRuleId }) => SecurityGroupRuleId),
  });
}

async function describe(ec2: Ec2, id: string): Promise<SecurityGroup | undefined> {
  const found = await ec2.find<{ SecurityGroups: SecurityGroup[] }>('DescribeSecurityGroups', {
    GroupIds: [id],
  });
  return found?.SecurityGroups[0];
}

async function rulesOf(ec2: Ec2, id: string): Promise<SecurityGroupRule[]> {
  const { SecurityGroupRules } = await ec2.call<{ SecurityGroupRules: SecurityGroupRule[] }>(
    'DescribeSecurityGroupRules',
    { GroupId: id },
  );
  return SecurityGroupRules;
}

const inlineRule = (rule: SecurityGroupRule): Values => ({
  cidr_blocks: rule.CidrIpv4 === undefined ? [] : [rule.CidrIpv4],
  description: rule.Description ?? '',
  from_port: Math.max(0, rule.FromPort),
  ipv6_cidr_blocks: rule.CidrIpv6 === undefined ? [] : [rule.CidrIpv6],
  prefix_list_ids: rule.PrefixListId === undefined ? [] : [rule.PrefixListId],
  protocol: rule.IpProtocol,
  security_groups: rule.ReferencedGroupId === undefined ? [] : [rule.ReferencedGroupId],
  self: false,
  to_port: Math.max(0, rule.ToPort),
});

/** As Terraform’s SDK makes unique names: a time, then a number. */
const uniqueSuffix = (): string =>
  `${new Date().toISOString().replace(/\D/g, '').slice(0, 17)}0${randomBytes(4).toString('hex')}`;
