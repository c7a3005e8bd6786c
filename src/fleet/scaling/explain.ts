/** Why a group is as large as it is, and what comes next: a look that decides by the very rules of scaling and does nothing. */
import { found } from '../../groups/accepted.js';
import { type ExplainedRole, explainRole } from '../../scaling/explanation.js';
import { scaleGroup } from '../scaling.js';
import type { ScalingParts } from './context.js';

export interface ExplainedGroup {
  readonly group: string;
  readonly revision: number;
  /** `on`: scaling decides about its AUTO roles; `paused`; `ending`: all its nodes are being destroyed. */
  readonly scaling: 'on' | 'paused' | 'ending';
  /** Of the look, by the clock of Redis; absent for a group that is being deleted. */
  readonly at?: number;
  /** In the order of the configuration; none of a group that is being deleted. */
  readonly roles: readonly ExplainedRole[];
  /** Nodes of roles that the group does not name: up to people. */
  readonly foreign: readonly { readonly role: string; readonly nodes: number }[];
  /** Of a group that is being deleted: nodes that are not DESTROYED yet, and how many of them have yet to be told. */
  readonly ending?: { readonly left: number; readonly untold: number };
}

/** Throws UNKNOWN_GROUP, REDIS_UNAVAILABLE. */
export async function explainGroup(parts: ScalingParts, name: string): Promise<ExplainedGroup> {
  const group = found(name, await parts.groups.get(name));
  const { roles, foreign, ending } = await scaleGroup(parts, group, { dryRun: true });
  const about = { group: name, revision: group.revision };
  if (ending !== undefined) {
    const { left, acts } = ending;
    return { ...about, scaling: 'ending', roles: [], foreign: [], ending: { left, untold: acts.length } };
  }
  const [first] = roles;
  return {
    ...about,
    scaling: group.config.isScalingPaused ? 'paused' : 'on',
    ...(first === undefined ? {} : { at: first.seen.now }),
    roles: roles.map(({ seen, decision }) => explainRole(seen, decision)),
    foreign: await counted(parts, name, foreign),
  };
}

/** How many nodes each of these roles has. */
async function counted(
  { store }: Pick<ScalingParts, 'store'>,
  group: string,
  roles: readonly string[],
): Promise<ExplainedGroup['foreign']> {
  if (roles.length === 0) return [];
  const { nodes } = await store.glances(group);
  return roles.map((role) => ({ role, nodes: nodes.filter((node) => node.role === role).length }));
}
