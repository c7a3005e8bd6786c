/**
 * How a node leaves: SOFT_SUNSET, while it gets nothing new; HARD_SUNSET, while it is driven out; its destruction. Each ends when nobody
 * is left, or at its limit.
 */
import { age } from '../age.js';
import type { RoleConfig } from '../groups/config.js';
import type { SeenNode } from './seen.js';

export type Leaving =
  | { readonly do: 'drive-out' | 'destroy'; readonly node: SeenNode; readonly why: string }
  | { readonly do: 'wait'; readonly node: SeenNode; readonly why: string; readonly until: number };

/** Two servers of Redis, one after the other, may be so far apart. */
const SKEW_MS = 5_000;

export function leavingOf({ drain }: RoleConfig, node: SeenNode, now: number): Leaving {
  const isSoft = node.state === 'SOFT_SUNSET';
  const step = isSoft ? 'drive-out' : 'destroy';
  const limit = isSoft ? drain.softLimit : drain.hardLimit;
  // Where it lies further ahead, the clock has jumped back since, and nobody can tell how long it has had.
  const until = node.since - now > SKEW_MS ? now : node.since + limit;
  if (isEmpty(node)) return { do: step, node, why: 'nothing is left on it' };
  if (now >= until) return { do: step, node, why: `its ${age(limit)} are over${stillOn(node)}` };
  return { do: 'wait', node, why: `${clientsOf(node)}; ${age(until - now)} left`, until };
}

/** It has said so since it gets nothing new: what it said before may have changed. */
const isEmpty = ({ load, heardAt, since }: SeenNode): boolean =>
  load?.connections === 0 && heardAt !== undefined && heardAt >= since;

const stillOn = (node: SeenNode): string => (node.load?.connections ? `, with ${clientsOf(node)}` : '');
const clientsOf = ({ load }: SeenNode): string =>
  load?.connections === undefined
    ? 'nothing is known of its clients'
    : `${load.connections} ${load.connections === 1 ? 'client' : 'clients'}`;
