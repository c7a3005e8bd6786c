/**
 * One worker per process on a data directory. A second one would take the runs of the first for what an earlier worker of
 * the same process had left, and end them.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { App } from '../src/app.js';
import { NodeyardError } from '../src/errors.js';
import { holdFileLock } from '../src/file-lock.js';

/** Answers what lets the next worker of this process in. Throws CONFIG_INVALID when there is one already. */
export async function claimProcess({ config, directories, log }: App): Promise<() => Promise<void>> {
  await mkdir(directories.locks, { recursive: true, mode: 0o700 });
  // Containers on one volume may have the same pid.
  const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 12);
  const path = join(directories.locks, `worker-${host}-${process.pid}`);
  const release = await holdFileLock({ path, waitMs: 0, what: 'the worker of this process', log });
  if (release !== undefined) return release;
  throw new NodeyardError(
    'CONFIG_INVALID',
    `This process runs a worker on ${config.dataDir} already. Raise worker.creates and worker.destroys, or start another process.`,
    { field: 'dataDir' },
  );
}
