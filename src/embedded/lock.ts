/** One process at a time: a lock that ends with its holder, at the latest when it has not been touched for a while. */
import lockfile from 'proper-lockfile';
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';

const STALE_MS = 10_000;
const TOUCHED_EVERY_MS = 2_000;
const RETRIES = { retries: 600, minTimeout: 25, maxTimeout: 200 };

/** Throws REDIS_UNAVAILABLE when the lock cannot be had for two minutes. */
export async function withLock<T>(path: string, log: Log, step: () => Promise<T>): Promise<T> {
  const release = await acquire(path, log);
  try {
    return await step();
  } finally {
    await release().catch((error: unknown) =>
      log.warn({ err: error }, 'the lock of the embedded Redis was lost'),
    );
  }
}

async function acquire(path: string, log: Log): Promise<() => Promise<void>> {
  try {
    return await lockfile.lock(path, {
      lockfilePath: path,
      realpath: false,
      stale: STALE_MS,
      update: TOUCHED_EVERY_MS,
      retries: RETRIES,
      onCompromised: (error) => log.warn({ err: error }, 'the lock of the embedded Redis was lost'),
    });
  } catch (error) {
    throw new NodeyardError(
      'REDIS_UNAVAILABLE',
      `Another process has been starting the embedded Redis for two minutes. Remove ${path} if none is.`,
      { cause: error },
    );
  }
}
