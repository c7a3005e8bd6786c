/** Which process owns a run directory, and whether that very process still lives: a reused pid is somebody else. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

export const processOwnerSchema = z.strictObject({
  host: z.string().min(1),
  /** Id of the boot of that machine; empty where the system has none. */
  boot: z.string(),
  pid: z.int().positive(),
  /** The start time as the system writes it, only to be compared; empty where it cannot be known. */
  startedAt: z.string(),
});
export type ProcessOwner = z.infer<typeof processOwnerSchema>;

/** `elsewhere`: it ran on another machine, so nothing here can tell. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

/** What a system tells of its processes. */
export interface ProcessTable {
  readonly host: string;
  readonly boot: string;
  /** Start time of a process that is alive; undefined when there is none (a zombie is none), empty when unknown. */
  startOf(pid: number): string | undefined;
}

/** Of the process with this pid; undefined when there is none. */
export function ownerOf(pid: number, table: ProcessTable = systemTable()): ProcessOwner | undefined {
  const startedAt = table.startOf(pid);
  return startedAt === undefined ? undefined : { host: table.host, boot: table.boot, pid, startedAt };
}

export function currentOwner(table: ProcessTable = systemTable()): ProcessOwner {
  const { host, boot } = table;
  return { host, boot, pid: process.pid, startedAt: table.startOf(process.pid) ?? '' };
}

export function isAlive(owner: ProcessOwner, table: ProcessTable = systemTable()): Liveness {
  if (owner.host !== table.host) return 'elsewhere';
  if (owner.boot !== table.boot) return 'dead';
  return table.startOf(owner.pid) === owner.startedAt ? 'alive' : 'dead';
}

/** Linux through /proc; any other system through `portableTable`. */
function systemTable(): ProcessTable {
  return process.platform === 'linux' ? linuxTable() : portableTable();
}

function linuxTable(): ProcessTable {
  return {
    host: hostname(),
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    startOf(pid) {
      const fields = statOf(pid);
      const ended = fields === undefined || fields[0] === 'Z' || fields[0] === 'X';
      return ended ? undefined : fields[STARTTIME];
    },
  };
}

/** Field 22 of proc(5)’s stat, counted from field 3, the state. */
const STARTTIME = 22 - 3;

/** The fields after the command’s name, which stands in parentheses and may itself hold any character. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/**
 * For systems without /proc. `startOf` is the answer of `ps -o lstart= -p <pid>` where the caller can start it; without
 * it a process that only took over the pid is held for the owner, which waits too long but never too short.
 */
export function portableTable(startOf: (pid: number) => string | undefined = signalled): ProcessTable {
  return { host: hostname(), boot: '', startOf };
}

function signalled(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? '' : undefined;
  }
}
