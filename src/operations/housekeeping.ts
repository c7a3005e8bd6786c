/** Ends the logs of runs that this machine has kept long enough. */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface LogRetention {
  readonly logsRoot: string;
  readonly logsMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Answers how many log files it ended. */
export async function endOldLogs({ logsRoot, logsMs, now }: LogRetention): Promise<number> {
  let logs = 0;
  for (const nodeId of await names(logsRoot)) {
    logs += await endLogsBefore(join(logsRoot, nodeId), now() - logsMs);
  }
  return logs;
}

async function endLogsBefore(directory: string, before: number): Promise<number> {
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
