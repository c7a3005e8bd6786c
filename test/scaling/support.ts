/** A role as it is seen, for the tests of decisions. The clock stands at `NOW`. */
import { type GroupConfigInput, groupConfigSchema, type RoleConfig } from '../../src/groups/config.js';
import type { Outcome } from '../../src/groups/outcomes.js';
import { type Decision, decide } from '../../src/scaling/decide.js';
import type { SeenNode, SeenRole } from '../../src/scaling/seen.js';

export const NOW = 1_700_000_000_000;
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export function roleConfig(settings: Partial<GroupConfigInput['roles'][string]> = {}): RoleConfig {
  const { roles } = groupConfigSchema.parse({
    name: 'media',
    stack: 'local-node',
    roles: { edge: { max: 10, ...settings } },
  });
  if (roles['edge'] === undefined) throw new Error('the role is not there');
  return roles['edge'];
}

/** In service for an hour, and heard of just now. */
export function node(id: string, seen: Partial<SeenNode> & { readonly connections?: number } = {}): SeenNode {
  const { connections, ...rest } = seen;
  return {
    id,
    state: 'INSERVICE',
    since: NOW - HOUR,
    createdAt: NOW - 2 * HOUR,
    doomed: false,
    ...(connections === undefined ? {} : { load: { connections }, heardAt: NOW }),
    ...rest,
  };
}

export const wrong = (agoMs: number): Outcome => ({
  nodeId: `wrong${agoMs}`,
  went: 'wrong',
  at: NOW - agoMs,
});
export const well = (agoMs: number): Outcome => ({ nodeId: `well${agoMs}`, went: 'well', at: NOW - agoMs });

export const seenRole = (
  settings: Parameters<typeof roleConfig>[0],
  seen: Partial<Omit<SeenRole, 'config' | 'name'>> = {},
): SeenRole => ({
  name: 'edge',
  config: roleConfig(settings),
  nodes: [],
  memory: { step: 0 },
  outcomes: [],
  now: NOW,
  ...seen,
});

export const decided = (...role: Parameters<typeof seenRole>): Decision => decide(seenRole(...role));

/** `create 2`, `sunset a`, … */
export const brief = ({ acts }: Decision): readonly string[] =>
  acts.map((act) => `${act.do} ${act.do === 'create' ? act.count : act.node.id}`);
