/** Ends what has been kept long enough: tombstones of destroyed nodes, and the logs of runs. */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeStore } from '../store/store.js';

export interface HousekeepingParts {
  readonly store: Pick<NodeStore, 'purgeTombstones'>;
  readonly logsRoot: string;
  readonly retention: { readonly tombstonesMs: number; readonly logsMs: number };
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Tombstones ended in one go; the rest follows with the next. */
const BATCH = 1_000;

/** Answers how many tombstones and log files it ended. */
export async function keepHouse({ store, logsRoot, retention, now }: HousekeepingParts): Promise<{
  readonly tombstones: number;
  readonly logs: number;
}> {
  const tombstones = await store.purgeTombstones(retention.tombstonesMs, BATCH);
  let logs = 0;
  for (const nodeId of await names(logsRoot)) {
    logs += await endOldLogs(join(logsRoot, nodeId), now() - retention.logsMs);
  }
  return { tombstones, logs };
}

async function endOldLogs(directory: string, before: number): Promise<number> {
  let ended = 0;
  for (const name of await names(directory)) {
    const file = join(directory, name);
    const { mtimeMs } = await stat(file);
    if (mtimeMs >= before) continue;
    await rm(file, { force: true });
    ended += 1;
  }
  // Only an empty directory goes; a log that has just come keeps it.
  await rmdir(directory).catch(() => undefined);
  return ended;
}

const names = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);
