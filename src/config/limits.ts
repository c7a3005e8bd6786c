/** How long a node may stay in each state, from what was set and what the attempts of a run may take. */
import type { NodeState } from '../node/lifecycle.js';
import type { Settings } from './schema.js';

const HOUR_MS = 3_600_000;

/** By state, in milliseconds; a state that is not there has no limit. */
export function stateLimits({
  terraform,
  retry,
  reconcile,
}: Pick<Settings, 'terraform' | 'retry' | 'reconcile'>): Readonly<Partial<Record<NodeState, number>>> {
  const { limits } = reconcile;
  const longestRun = terraform.timeout + terraform.grace;
  const allOf = (attempts: number): number =>
    Math.max(6 * HOUR_MS, attempts * (longestRun + retry.maxBackoff) * 2);
  const waiting = Math.max(24 * HOUR_MS, 2 * longestRun);
  const written: Readonly<Partial<Record<NodeState, number | undefined>>> = {
    REQUESTED: limits.requested ?? waiting,
    CREATING: limits.creating ?? allOf(retry.createAttempts),
    CREATED: limits.created,
    STARTED: limits.started,
    INSERVICE: limits.inservice,
    SOFT_SUNSET: limits.softSunset,
    HARD_SUNSET: limits.hardSunset,
    DESTRUCTION_REQUESTED: limits.destructionRequested ?? waiting,
    DESTROYING: limits.destroying ?? allOf(retry.destroyAttempts),
  };
  return Object.fromEntries(Object.entries(written).filter(([, limit]) => limit !== undefined));
}
