/**
 * Whether a role may grow after its newest outcomes. It looks at the last few creates that have ended, not at how many FAILED nodes
 * there are: that number may never fall. After a pause, which grows with every failure in a row, one node at a time is tried; the
 * first ones that go well bring the role back.
 */
import type { RoleConfig } from '../groups/config.js';
import type { Outcome } from '../groups/outcomes.js';

export type Breaker =
  | { readonly is: 'closed' }
  | { readonly is: 'open'; readonly until: number; readonly wrong: number; readonly of: number }
  /** One node at a time. */
  | { readonly is: 'trying'; readonly wrong: number; readonly of: number };

export function breakerOf(
  { window, failures, pause, maxPause }: RoleConfig['failurePolicy'],
  outcomes: readonly Outcome[],
  now: number,
): Breaker {
  const looked = outcomes.slice(0, window);
  const wrong = looked.filter(({ went }) => went === 'wrong').length;
  if (wrong < failures) return { is: 'closed' };
  const [newest] = looked;
  const well = outcomes.findIndex(({ went }) => went === 'well');
  const inARow = well === -1 ? outcomes.length : well;
  // What lies ahead was noted before the clock jumped back; nobody can tell how long ago.
  if (newest === undefined || inARow === 0 || newest.at > now)
    return { is: 'trying', wrong, of: looked.length };
  // Doubled so often that it would be no number any more, it is long past its bound.
  const paused = Math.min(maxPause, pause * 2 ** Math.min(40, Math.max(0, inARow - failures)));
  const until = newest.at + paused;
  return now < until
    ? { is: 'open', until, wrong, of: looked.length }
    : { is: 'trying', wrong, of: looked.length };
}
