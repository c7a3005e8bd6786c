/**
 * How long nodes were in each state, counted in the very step that takes them out of it: once for the whole fleet, whoever
 * moved them and whatever died next. One hash, with a few fields for each state however many nodes there are.
 */
import { NODE_STATES, type NodeState } from '../node/lifecycle.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What is longer than the last one is counted besides. May be changed: what was counted by others keeps its bound. */
export const STATE_TIME_BOUNDS_MS: readonly number[] = [
  ...[1, 5, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE),
  ...[1, 6].map((hours) => hours * HOUR),
  ...[1, 7, 30].map((days) => days * DAY),
];

/** Of the field for what is longer than every bound. */
export const BEYOND = 'beyond';
export const SUM = 'sum';

/** The times spent in one state. */
export interface StateTimes {
  readonly count: number;
  /** Milliseconds, of all of them. */
  readonly sumMs: number;
  /** How many were not longer than each of `STATE_TIME_BOUNDS_MS`. */
  readonly within: readonly number[];
}

/** Reads the hash, whose fields are `<state>:<bound in ms>`, `<state>:beyond` and `<state>:sum`. */
export function decodeStateTimes(
  fields: Readonly<Record<string, string>>,
): Readonly<Partial<Record<NodeState, StateTimes>>> {
  const found: Partial<Record<NodeState, StateTimes>> = {};
  for (const state of NODE_STATES) {
    const own = Object.entries(fields).flatMap(([field, value]) => {
      const [of, bound = ''] = field.split(':');
      return of === state ? [{ bound, value: Number(value) || 0 }] : [];
    });
    if (own.length === 0) continue;
    const counted = own.filter(({ bound }) => bound !== SUM);
    const upTo = (most: number): number =>
      counted.reduce((sum, { bound, value }) => (Number(bound) <= most ? sum + value : sum), 0);
    found[state] = {
      count: counted.reduce((sum, { value }) => sum + value, 0),
      sumMs: own.find(({ bound }) => bound === SUM)?.value ?? 0,
      within: STATE_TIME_BOUNDS_MS.map(upTo),
    };
  }
  return found;
}
