/** How large a role is to be now, and why: min and max first, then the expressions, then what holds a step back. */
import { age } from '../age.js';
import type { Breaker } from './breaker.js';
import { type Census, sizeOf } from './census.js';
import type { SeenRole } from './seen.js';
import { wishOf } from './wish.js';

export interface Sizing {
  /** Nodes that serve or will. */
  readonly size: number;
  readonly desired: number;
  /** In words, one thought each. */
  readonly why: readonly string[];
  /** The step counts for the cool-downs: it follows an expression. */
  readonly step?: 'out' | 'in';
}

/** However far a role is from its limits: so many nodes in one look, which come back every few seconds. */
const LARGEST_STEP = 100;

export function sizingOf(role: SeenRole, census: Census, breaker: Breaker): Sizing {
  const { min, max, increment } = role.config;
  const size = sizeOf(census);
  const about = `${size} of ${min} to ${max}: ${census.serving.length} in service, ${census.coming.length} on the way`;
  if (size < min) {
    const growth = allowed(Math.min(min - size, LARGEST_STEP), census, breaker, role.now);
    const why = [about, `min is ${min}`, ...growth.why];
    return { size, desired: size + growth.nodes, why, ...(growth.nodes > 0 ? { step: 'out' } : {}) };
  }
  if (size > max) {
    const desired = Math.max(max, size - LARGEST_STEP);
    return { size, desired, why: [about, `max is ${max}`], step: 'in' };
  }
  const wish = wishOf(role.config, census, role.now);
  const why = [about, wish.why];
  if (wish.wish === 'grow') {
    if (size === max) return { size, desired: size, why: [...why, `max is ${max}`] };
    const { out: cooling } = coolingOf(role);
    if (cooling > 0)
      return { size, desired: size, why: [...why, `it grew; the next step in ${age(cooling)}`] };
    const growth = allowed(Math.min(increment, max - size), census, breaker, role.now);
    return {
      size,
      desired: size + growth.nodes,
      why: [...why, ...growth.why],
      ...(growth.nodes > 0 ? { step: 'out' } : {}),
    };
  }
  if (wish.wish === 'shrink') {
    const { into: cooling } = coolingOf(role);
    if (cooling > 0)
      return { size, desired: size, why: [...why, `it has just changed; the next step in ${age(cooling)}`] };
    return { size, desired: Math.max(min, size - Math.min(increment, wish.most)), why, step: 'in' };
  }
  return { size, desired: size, why };
}

/** How long the next step by an expression is still held back, in milliseconds: outwards, and inwards. */
export function coolingOf({ memory: { grewAt, shrankAt }, config: { coolDown }, now }: SeenRole): {
  readonly out: number;
  readonly into: number;
} {
  const into = Math.max(left(grewAt, coolDown.in, now), left(shrankAt, coolDown.in, now));
  return { out: left(grewAt, coolDown.out, now), into };
}

/** What of a growth the newest outcomes allow. */
function allowed(
  wanted: number,
  { coming }: Census,
  breaker: Breaker,
  now: number,
): { readonly nodes: number; readonly why: readonly string[] } {
  if (breaker.is === 'closed') return { nodes: wanted, why: [] };
  const failed = `${breaker.wrong} of the newest ${breaker.of} creates failed`;
  if (breaker.is === 'open')
    return { nodes: 0, why: [`${failed}; the next try in ${age(breaker.until - now)}`] };
  if (coming.length > 0)
    return { nodes: 0, why: [`${failed}; one node is tried at a time, and one is on the way`] };
  return { nodes: Math.min(1, wanted), why: [`${failed}; one node is tried`] };
}

/** What lies ahead happened before the clock jumped back: it holds nothing up, or it would for as long as the jump was. */
const left = (at: number | undefined, ms: number, now: number): number =>
  at === undefined || at > now ? 0 : Math.max(0, at + ms - now);
