/** One process at a time looks for the embedded Redis and starts it. */
import { NodeyardError } from '../errors.js';
import { withFileLock } from '../file-lock.js';
import type { Log } from '../log.js';

const WAIT_MS = 2 * 60_000;

/** Throws REDIS_UNAVAILABLE when the lock cannot be had for two minutes. */
export async function withLock<T>(path: string, log: Log, step: () => Promise<T>): Promise<T> {
  const done = await withFileLock({ path, waitMs: WAIT_MS, what: 'the embedded Redis', log }, step);
  if (done !== undefined) return done.result;
  throw new NodeyardError(
    'REDIS_UNAVAILABLE',
    `Another process has been starting the embedded Redis for two minutes. Remove ${path} if none is.`,
  );
}
