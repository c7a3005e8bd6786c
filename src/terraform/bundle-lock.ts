/** A lock between processes of one machine, by a directory that its holder keeps fresh. */
import { lock } from 'proper-lockfile';
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';

/** A holder that died is noticed after this. */
const STALE_MS = 10_000;
/** Somebody else’s init may load hundreds of megabytes. */
const WAIT = { retries: 20_000, factor: 1.2, minTimeout: 50, maxTimeout: 250 } as const;

/** Runs `work` while no other process does. Throws BUNDLE when the lock cannot be had for more than an hour. */
export async function withLock<T>(path: string, log: Log, work: () => Promise<T>): Promise<T> {
  const release = await lock(path, {
    lockfilePath: path,
    realpath: false,
    stale: STALE_MS,
    retries: WAIT,
    // The work ends in a rename that only one can win, so a lost lock costs time and nothing else.
    onCompromised: (error) => log.warn({ err: error }, 'the lock of the provider files was lost'),
  }).catch((error: unknown) => {
    throw new NodeyardError('BUNDLE', `${path} is held by another process; if none runs, remove it.`, {
      cause: error,
    });
  });
  try {
    return await work();
  } finally {
    await release().catch((error: unknown) => log.warn({ err: error }, 'a lost lock cannot be released'));
  }
}
