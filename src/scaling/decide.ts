/**
 * What is to be done about a role, and why: a pure function of what was seen. The same is asked for by the worker that does it, by
 * `nodeyard explain` that tells it, and by `nodeyard simulate` that plays it.
 */
import { age } from '../age.js';
import { type Breaker, breakerOf } from './breaker.js';
import { type Census, censusOf } from './census.js';
import { leavingOf } from './drain.js';
import { leastLoadedFirst } from './ranking.js';
import type { SeenNode, SeenRole } from './seen.js';
import { type Sizing, sizingOf } from './size.js';

export type Act =
  | { readonly do: 'create'; readonly count: number; readonly why: string }
  | {
      /** `sunset`: INSERVICE → SOFT_SUNSET; `drive-out`: SOFT_SUNSET → HARD_SUNSET; `destroy`: from whatever state it was seen in. */
      readonly do: 'sunset' | 'drive-out' | 'destroy';
      readonly node: SeenNode;
      readonly why: string;
    };

export interface Decision {
  readonly role: string;
  readonly size: number;
  /** What it will be once this is done. */
  readonly desired: number;
  readonly census: Census;
  readonly breaker: Breaker;
  /** Why the role has this size, in words. */
  readonly why: readonly string[];
  /** To be remembered before anything is done, so that the cool-downs hold. */
  readonly step?: 'out' | 'in';
  /** Ends first, then creates. */
  readonly acts: readonly Act[];
}

export function decide(role: SeenRole): Decision {
  const census = censusOf(role.nodes);
  const breaker = breakerOf(role.config.failurePolicy, role.outcomes, role.now);
  const seen = { role: role.name, census, breaker };
  if (role.handOnly !== undefined) {
    const size = census.coming.length + census.serving.length;
    return { ...seen, size, desired: size, why: [HAND_ONLY[role.handOnly]], acts: [] };
  }
  const { step, ...sizing } = sizingOf(role, census, breaker);
  const acts = [
    ...endsOfFailed(role, census),
    ...endsOfLeaving(role, census),
    ...changes(role, census, sizing),
  ];
  return { ...seen, ...sizing, ...(step === undefined ? {} : { step }), acts };
}

const HAND_ONLY = {
  paused: 'scaling is paused: nothing is done by itself',
  manual: 'the role is MANUAL: nothing is done by itself',
} as const;

function endsOfFailed({ config, now }: SeenRole, { failed }: Census): readonly Act[] {
  const { removeAfter } = config.failurePolicy;
  if (removeAfter === null) return [];
  return failed
    .filter(({ since }) => now - since >= removeAfter)
    .map((node) => ({ do: 'destroy', node, why: `it is FAILED for ${age(now - node.since)}` }));
}

function endsOfLeaving({ config, now }: SeenRole, { draining }: Census): readonly Act[] {
  return draining.flatMap((node): readonly Act[] => {
    const leaving = leavingOf(config, node, now);
    return leaving.do === 'wait' ? [] : [leaving];
  });
}

function changes(role: SeenRole, census: Census, { size, desired, why }: Sizing): readonly Act[] {
  const reason = why.join('; ');
  if (desired > size) return [{ do: 'create', count: desired - size, why: reason }];
  return victims(role, census, size - desired).map((node) => ({
    do: node.state === 'INSERVICE' ? 'sunset' : 'destroy',
    node,
    why: reason,
  }));
}

/** What serves nobody yet leaves first, the newest of it; then the least loaded. */
function victims({ config }: SeenRole, { coming, serving }: Census, count: number): readonly SeenNode[] {
  const newestFirst = [...coming].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
  return [...newestFirst, ...leastLoadedFirst(config, serving)].slice(0, count);
}
