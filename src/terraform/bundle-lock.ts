/** One initializer at a time among the processes of this machine. */
import { NodeyardError } from '../errors.js';
import { withFileLock } from '../file-lock.js';
import type { Log } from '../log.js';

/** Somebody else’s init may load hundreds of megabytes. */
const WAIT_MS = 60 * 60_000;

/**
 * Throws BUNDLE when the lock cannot be had for an hour. The work ends in a rename that only one can win, so a lost lock
 * costs time and nothing else.
 */
export async function withLock<T>(path: string, log: Log, work: () => Promise<T>): Promise<T> {
  const done = await withFileLock({ path, waitMs: WAIT_MS, what: 'the provider files', log }, work);
  if (done !== undefined) return done.result;
  throw new NodeyardError('BUNDLE', `${path} is held by another process; if none runs, remove it.`);
}
