/**
 * One process of this machine at a time: a lock in the file system that ends with its holder, at the latest when the holder
 * has not touched it for a while.
 */
import { lock } from 'proper-lockfile';
import type { Log } from './log.js';

/** A holder that died is noticed after so long. */
const STALE_MS = 10_000;
const TOUCHED_EVERY_MS = 2_000;
const ASKED_EVERY_MS = { minTimeout: 25, maxTimeout: 250, factor: 1.2 } as const;

export interface FileLockOptions {
  /** Of the lock itself, a directory that is made and removed; its parent must exist. */
  readonly path: string;
  /** How long to wait for another holder; 0 = not at all. */
  readonly waitMs: number;
  /** What is locked, for the log: `the embedded Redis`. */
  readonly what: string;
  readonly log: Log;
}

/** Takes the lock. Answers what ends it, or undefined when the wait was in vain. */
export async function holdFileLock(options: FileLockOptions): Promise<(() => Promise<void>) | undefined> {
  const { path, waitMs, what, log } = options;
  const lost = (error: unknown): void => log.warn({ error: String(error) }, `the lock of ${what} was lost`);
  try {
    const release = await lock(path, {
      lockfilePath: path,
      realpath: false,
      stale: STALE_MS,
      update: TOUCHED_EVERY_MS,
      retries: {
        ...ASKED_EVERY_MS,
        retries: Math.ceil(waitMs / ASKED_EVERY_MS.maxTimeout),
        maxRetryTime: waitMs,
      },
      onCompromised: lost,
    });
    return () => release().catch(lost);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOCKED') return undefined;
    throw error;
  }
}

/** Runs `step` while no other process does. Answers undefined, and has not run it, when the wait was in vain. */
export async function withFileLock<T>(
  options: FileLockOptions,
  step: () => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  const release = await holdFileLock(options);
  if (release === undefined) return undefined;
  try {
    return { result: await step() };
  } finally {
    await release();
  }
}
