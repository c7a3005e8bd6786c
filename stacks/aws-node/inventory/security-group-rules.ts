/**
 * `aws_vpc_security_group_ingress_rule` and `…_egress_rule`: the rules of a node’s own groups. They cost nothing and go with their group,
 * but one that no state holds keeps Terraform from making the same again. The rule that EC2 gives every new group is one of them, where
 * Terraform has not come to take it away.
 */
import type { Found, Session, Target } from './session.js';

export const RULE_KINDS = {
  egress: 'aws_vpc_security_group_egress_rule',
  ingress: 'aws_vpc_security_group_ingress_rule',
} as const;
export type RuleKind = (typeof RULE_KINDS)[keyof typeof RULE_KINDS];

export async function listRules(
  session: Session,
  groups: readonly Found[],
): Promise<readonly (Found & { readonly kind: RuleKind })[]> {
  if (groups.length === 0) return [];
  const nodeOf = new Map(groups.map(({ id, nodeId }) => [id, nodeId]));
  const Filters = [{ Name: 'group-id', Values: [...nodeOf.keys()] }];
  const pages = await session.pages('DescribeSecurityGroupRules', (client, paging, options) =>
    client.describeSecurityGroupRules({ Filters, ...paging }, options),
  );
  return pages
    .flatMap(({ SecurityGroupRules = [] }) => SecurityGroupRules)
    .flatMap(({ SecurityGroupRuleId: id, GroupId, IsEgress }) => {
      const nodeId = nodeOf.get(GroupId ?? '');
      if (id === undefined || nodeId === undefined) return [];
      return [{ id, nodeId, kind: IsEgress === true ? RULE_KINDS.egress : RULE_KINDS.ingress }];
    });
}

export async function destroyRule(session: Session, target: Target): Promise<void> {
  const { id } = target;
  const rules = await session.find('DescribeSecurityGroupRules', (client, options) =>
    client.describeSecurityGroupRules({ SecurityGroupRuleIds: [id] }, options),
  );
  const GroupId = rules?.SecurityGroupRules?.find(
    ({ SecurityGroupRuleId }) => SecurityGroupRuleId === id,
  )?.GroupId;
  if (GroupId === undefined) return;
  const groups = await session.find('DescribeSecurityGroups', (client, options) =>
    client.describeSecurityGroups({ GroupIds: [GroupId] }, options),
  );
  const group = groups?.SecurityGroups?.find((each) => each.GroupId === GroupId);
  if (group === undefined) return;
  session.requireMarks(group.Tags, target);
  const wish = { GroupId, SecurityGroupRuleIds: [id] };
  if (target.kind === RULE_KINDS.egress) {
    await session.find('RevokeSecurityGroupEgress', (client, options) =>
      client.revokeSecurityGroupEgress(wish, options),
    );
  } else {
    await session.find('RevokeSecurityGroupIngress', (client, options) =>
      client.revokeSecurityGroupIngress(wish, options),
    );
  }
}
