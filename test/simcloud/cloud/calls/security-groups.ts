/** The calls about security groups and their rules. */
import {
  type RuleTerms,
  type SecurityGroup,
  type SecurityGroupRule,
  type Tag,
  tagsAsList,
  tagsAsMap,
} from '../../api.js';
import { CloudRefusal } from '../errors.js';
import { exists, type SecurityGroupRecord, type SecurityGroupRuleRecord } from '../records.js';
import { ACCOUNT, defaultVpc, type World } from '../world.js';
import { type CallContext, type Calls, inputOf } from './call.js';
import { type FilterValues, requireNoPages, type Selection, select } from './select.js';

const EVERYTHING_OUT: RuleTerms = { IpProtocol: '-1', FromPort: -1, ToPort: -1, CidrIpv4: '0.0.0.0/0' };

export const securityGroupCalls: Calls = {
  CreateSecurityGroup(context) {
    const { world, region } = context;
    const input = inputOf<{ GroupName: string; Description: string; VpcId?: string; Tags?: readonly Tag[] }>(
      context,
    );
    world.requireForeign(input.VpcId);
    const vpcId = input.VpcId ?? defaultVpc(region);
    const living = world.living('security-group', region);
    if (living.some(({ name, vpcId: vpc }) => name === input.GroupName && vpc === vpcId)) {
      throw new CloudRefusal(
        'InvalidGroup.Duplicate',
        `The security group '${input.GroupName}' already exists for VPC '${vpcId}'`,
      );
    }
    const { securityGroups } = world.settings.quotas;
    world.requireQuota(
      'security-group',
      region,
      securityGroups,
      'SecurityGroupLimitExceeded',
      'security groups',
    );
    const group: SecurityGroupRecord = {
      ...fresh(world, region, 'security-group', input.Tags ?? []),
      kind: 'security-group',
      name: input.GroupName,
      description: input.Description,
      vpcId,
    };
    world.put(group);
    addRule(context, group.id, true, EVERYTHING_OUT, []);
    return { GroupId: group.id };
  },

  DescribeSecurityGroups(context) {
    const { world, region } = context;
    const { GroupIds, ...selection } = inputOf<Selection & { GroupIds?: readonly string[] }>(context);
    if (GroupIds !== undefined) requireNoPages(selection, 'groupIds');
    const candidates =
      GroupIds === undefined
        ? world.living('security-group', region)
        : GroupIds.map((id) => world.find('security-group', region, id));
    const { records, ...more } = select(candidates, selection, filtersIn(world));
    return { SecurityGroups: records.map(describeGroup), ...more };
  },

  DeleteSecurityGroup(context) {
    const { world, region } = context;
    const group = world.find('security-group', region, inputOf<{ GroupId: string }>(context).GroupId);
    if (dependents(world, group).length > 0) {
      throw new CloudRefusal('DependencyViolation', `resource ${group.id} has a dependent object`);
    }
    world.put({ ...group, deletedAt: world.now });
    for (const rule of rulesOf(world, group.id)) world.put({ ...rule, deletedAt: world.now });
    return {};
  },

  AuthorizeSecurityGroupIngress: (context) => authorize(context, false),
  AuthorizeSecurityGroupEgress: (context) => authorize(context, true),
  RevokeSecurityGroupIngress: revoke,
  RevokeSecurityGroupEgress: revoke,

  DescribeSecurityGroupRules(context) {
    const { world, region } = context;
    const { SecurityGroupRuleIds, GroupId, ...selection } = inputOf<
      Selection & { SecurityGroupRuleIds?: readonly string[]; GroupId?: string }
    >(context);
    const candidates =
      SecurityGroupRuleIds?.map((id) => world.find('security-group-rule', region, id)) ??
      world.living('security-group-rule', region).filter(({ groupId }) => groupId === (GroupId ?? groupId));
    const { records, ...more } = select(candidates, selection, { 'group-id': ({ groupId }) => [groupId] });
    return { SecurityGroupRules: records.map(describeRule), ...more };
  },

  ModifySecurityGroupRules(context) {
    const { world, region } = context;
    const { SecurityGroupRuleId, Terms } = inputOf<{ SecurityGroupRuleId: string; Terms: RuleTerms }>(
      context,
    );
    world.put({ ...world.find('security-group-rule', region, SecurityGroupRuleId), terms: Terms });
    return {};
  },
};

const filtersIn = (world: World): FilterValues<SecurityGroupRecord> => ({
  'group-id': ({ id }) => [id],
  'group-name': ({ name }) => [name],
  'ip-permission.group-id': ({ id }) =>
    rulesOf(world, id).flatMap(({ isEgress, terms }) => (isEgress ? [] : [terms.ReferencedGroupId])),
  'egress.ip-permission.group-id': ({ id }) =>
    rulesOf(world, id).flatMap(({ isEgress, terms }) => (isEgress ? [terms.ReferencedGroupId] : [])),
  'vpc-id': ({ vpcId }) => [vpcId],
});

function authorize(context: CallContext, isEgress: boolean): object {
  const {
    GroupId,
    Terms,
    Tags = [],
  } = inputOf<{ GroupId: string; Terms: RuleTerms; Tags?: readonly Tag[] }>(context);
  const { world, region } = context;
  world.find('security-group', region, GroupId);
  world.requireForeign(Terms.ReferencedGroupId, Terms.PrefixListId);
  const same = rulesOf(world, GroupId).some(
    (rule) => rule.isEgress === isEgress && peerOf(rule.terms) === peerOf(Terms),
  );
  if (same) {
    throw new CloudRefusal(
      'InvalidPermission.Duplicate',
      `the specified rule "peer: ${peerOf(Terms)}" already exists`,
    );
  }
  return { SecurityGroupRules: [describeRule(addRule(context, GroupId, isEgress, Terms, Tags))] };
}

function revoke(context: CallContext): object {
  const { world, region } = context;
  for (const id of inputOf<{ SecurityGroupRuleIds: readonly string[] }>(context).SecurityGroupRuleIds) {
    world.put({ ...world.find('security-group-rule', region, id), deletedAt: world.now });
  }
  return {};
}

function addRule(
  { world, region }: CallContext,
  groupId: string,
  isEgress: boolean,
  terms: RuleTerms,
  tags: readonly Tag[],
): SecurityGroupRuleRecord {
  const rule: SecurityGroupRuleRecord = {
    ...fresh(world, region, 'security-group-rule', tags),
    kind: 'security-group-rule',
    groupId,
    isEgress,
    terms,
  };
  world.put(rule);
  return rule;
}

const fresh = (
  world: World,
  region: string,
  kind: 'security-group' | 'security-group-rule',
  tags: readonly Tag[],
) => ({
  id: world.newId(kind),
  region,
  tags: tagsAsMap(tags),
  createdAt: world.now,
  visibleAt: world.now,
});

/** Instances that have not ended, and rules of other groups that name this one. */
function dependents(world: World, group: SecurityGroupRecord): string[] {
  return world
    .existing()
    .filter(
      (record) =>
        (record.kind === 'instance' && record.groupIds.includes(group.id)) ||
        (record.kind === 'security-group-rule' &&
          record.groupId !== group.id &&
          record.terms.ReferencedGroupId === group.id),
    )
    .map(({ id }) => id);
}

const rulesOf = (world: World, groupId: string): SecurityGroupRuleRecord[] =>
  world
    .all()
    .filter(
      (record): record is SecurityGroupRuleRecord =>
        record.kind === 'security-group-rule' && record.groupId === groupId && exists(record, world.now),
    );

const peerOf = (terms: RuleTerms): string =>
  [
    terms.IpProtocol,
    terms.FromPort,
    terms.ToPort,
    terms.CidrIpv4 ?? terms.CidrIpv6 ?? terms.PrefixListId ?? terms.ReferencedGroupId,
  ].join(', ');

const describeGroup = (record: SecurityGroupRecord): SecurityGroup => ({
  GroupId: record.id,
  GroupName: record.name,
  Description: record.description,
  VpcId: record.vpcId,
  OwnerId: ACCOUNT,
  Tags: tagsAsList(record.tags),
});

const describeRule = (record: SecurityGroupRuleRecord): SecurityGroupRule => ({
  ...record.terms,
  SecurityGroupRuleId: record.id,
  GroupId: record.groupId,
  IsEgress: record.isEgress,
  Tags: tagsAsList(record.tags),
});
