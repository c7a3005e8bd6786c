/** What is decided about a role, told to people: why it has its size, and what becomes of it and of each node that does not simply serve. */
import { age } from '../age.js';
import type { NodeState } from '../node/lifecycle.js';
import type { Breaker } from './breaker.js';
import type { Act, Decision } from './decide.js';
import { leavingOf } from './drain.js';
import type { SeenNode, SeenRole } from './seen.js';
import { coolingOf } from './size.js';

export interface ExplainedNode {
  readonly id: string;
  readonly state: NodeState;
  /** What becomes of it, and when. */
  readonly words: string;
}

export interface ExplainedRole {
  readonly role: string;
  /** Nothing is done by itself: the group is paused, or the role is MANUAL. */
  readonly handOnly?: 'paused' | 'manual';
  readonly min: number;
  readonly max: number;
  /** Nodes that serve or will. */
  readonly size: number;
  /** What it will be after the next look. */
  readonly desired: number;
  readonly nodes: {
    readonly coming: number;
    readonly serving: number;
    readonly draining: number;
    readonly ending: number;
    readonly failed: number;
  };
  /** Why it has this size, one thought each. */
  readonly why: readonly string[];
  /** What comes next, one thought each: what the next look does, what holds it back, and for how long. */
  readonly next: readonly string[];
  /** Those that do not simply serve, the ones that are on their way first. */
  readonly others: readonly ExplainedNode[];
}

export function explainRole(seen: SeenRole, decision: Decision): ExplainedRole {
  const { name: role, handOnly, config } = seen;
  const { size, desired, census, why } = decision;
  const { coming, serving, draining, ending, failed } = census;
  return {
    role,
    ...(handOnly === undefined ? {} : { handOnly }),
    min: config.min,
    max: config.max,
    size,
    desired,
    nodes: {
      coming: coming.length,
      serving: serving.length,
      draining: draining.length,
      ending: ending.length,
      failed: failed.length,
    },
    why,
    next: handOnly === undefined ? nextOf(seen, decision) : ['nothing, until somebody does it'],
    others: [...coming, ...draining, ...failed, ...ending].map((node) => ({
      id: node.id,
      state: node.state,
      words: wordsOf(seen, decision, node),
    })),
  };
}

function nextOf(seen: SeenRole, { acts, breaker }: Decision): readonly string[] {
  const create = acts.find((act) => act.do === 'create');
  const sunset = acts.filter((act) => act.do === 'sunset');
  const { out, into } = coolingOf(seen);
  const held = [...(out > 0 ? [`growth by expression in ${age(out)} at the earliest`] : [])];
  if (into > 0) held.push(`shrinking by expression in ${age(into)} at the earliest`);
  const next = [
    ...(create === undefined ? [] : [`${counted(create.count)} created`]),
    ...(sunset.length === 0 ? [] : [`${counted(sunset.length)} drained: ${namesOf(sunset)}`]),
    ...inWords(acts, 'drive-out', 'driven out'),
    ...inWords(acts, 'destroy', 'destroyed'),
  ];
  return [
    ...(next.length === 0 ? ['nothing is done now'] : next),
    ...held,
    ...breakerWords(breaker, seen.now),
  ];
}

const inWords = (acts: readonly Act[], what: Act['do'], words: string): readonly string[] => {
  const these = acts.filter((act) => act.do === what);
  return these.length === 0 ? [] : [`${counted(these.length)} ${words}: ${namesOf(these)}`];
};

function breakerWords(breaker: Breaker, now: number): readonly string[] {
  if (breaker.is === 'closed') return [];
  const failed = `${breaker.wrong} of the newest ${breaker.of} creates failed`;
  return breaker.is === 'open'
    ? [`${failed}: none is created for ${age(breaker.until - now)}, then one is tried`]
    : [`${failed}: one is tried at a time until creates go well again`];
}

/** What becomes of a node that does not simply serve. */
function wordsOf(seen: SeenRole, { census, acts }: Decision, node: SeenNode): string {
  const { config, now, handOnly } = seen;
  const act = acts.find((each) => each.do !== 'create' && each.node.id === node.id);
  if (act !== undefined && act.do !== 'create') return `${WILL[act.do]} now: ${act.why}`;
  if (census.coming.includes(node)) return `on its way for ${age(now - node.createdAt)}`;
  if (census.ending.includes(node)) {
    const since = `for ${age(now - node.since)}`;
    return node.state === 'FAILED'
      ? `its destruction failed and is tried again`
      : `is being destroyed ${since}`;
  }
  if (handOnly !== undefined) return `${node.state} for ${age(now - node.since)}; nothing is done by itself`;
  if (census.draining.includes(node)) {
    const leaving = leavingOf(config, node, now);
    return `${leaving.why}, then it is ${node.state === 'SOFT_SUNSET' ? 'driven out' : 'destroyed'}`;
  }
  const { removeAfter } = config.failurePolicy;
  const what = node.failed === undefined ? 'FAILED' : `its ${FAILED[node.failed]}`;
  if (removeAfter === null) return `${what}; it stays until somebody looks at it (removeAfter is null)`;
  return `${what}; destroyed in ${age(node.since + removeAfter - now)}, unless it comes back`;
}

const WILL = { sunset: 'drained', 'drive-out': 'driven out', destroy: 'destroyed' } as const;
const FAILED = {
  create: 'create failed',
  destroy: 'destroy failed',
  health: 'health failed',
  timeout: 'time ran out',
} as const;

const counted = (count: number): string => (count === 1 ? 'one node is' : `${count} nodes are`);
const SHOWN = 5;
function namesOf(acts: readonly Act[]): string {
  const ids = acts.flatMap((act) => (act.do === 'create' ? [] : [act.node.id]));
  return ids.length <= SHOWN
    ? ids.join(', ')
    : `${ids.slice(0, SHOWN).join(', ')} and ${ids.length - SHOWN} others`;
}
