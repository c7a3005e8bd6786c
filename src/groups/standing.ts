/** How many nodes a group has, by role and state. */
import type { NodeState } from '../node/lifecycle.js';

export type StateCounts = Readonly<Partial<Record<NodeState, number>>>;

export interface GroupNodes {
  /** Of each role that the group names; only states that a node is in, without tombstones. */
  readonly roles: Readonly<Record<string, StateCounts>>;
  /** Of all of them, those of roles that the group does not name among them. */
  readonly all: StateCounts;
}

type Counts = (of: {
  readonly group: string;
  readonly role?: string;
}) => Promise<Readonly<Record<NodeState, number>>>;

export async function nodesOf(counts: Counts, group: string, roles: readonly string[]): Promise<GroupNodes> {
  const [all, ...each] = await Promise.all([
    counts({ group }),
    ...roles.map((role) => counts({ group, role })),
  ]);
  return {
    roles: Object.fromEntries(roles.map((role, index) => [role, living(each[index] ?? {})])),
    all: living(all),
  };
}

export const totalOf = (counts: StateCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const living = (counts: StateCounts): StateCounts =>
  Object.fromEntries(Object.entries(counts).filter(([state, count]) => state !== 'DESTROYED' && count > 0));
