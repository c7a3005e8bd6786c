/** Processor time and memory of processes, read from Linux’s /proc. Elsewhere there is none, and the figures are left out. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Clock ticks per second that the kernel tells user space, on every architecture that Node runs on. */
const TICKS = 100;
const SAMPLE_MS = 50;

export const canMeasureProcesses = process.platform === 'linux';

export interface ProcessStat {
  readonly parent: number;
  /** Of the process and of the children that it has waited for. */
  readonly cpuSeconds: number;
}

/** `/proc/<pid>/stat`, see proc_pid_stat(5). The name stands in parentheses and may hold any of them itself. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const times = fields.slice(11, 15).map(Number);
  return { parent: Number(fields[1]), cpuSeconds: times.reduce((sum, ticks) => sum + ticks, 0) / TICKS };
}

/** Processor time in seconds; NaN when the process is gone or cannot be looked at. */
export function cpuSecondsOf(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  return text === undefined ? Number.NaN : parseStat(text).cpuSeconds;
}

/** The process and all that descend from it. */
export function treeOf(root: number, parents: ReadonlyMap<number, number>): number[] {
  const tree = [root];
  // The list grows while it is walked.
  for (const member of tree) {
    for (const [pid, parent] of parents) if (parent === member && pid !== root) tree.push(pid);
  }
  return tree;
}

/** Proportional set size: what processes share is counted once, in parts. MiB; NaN for one that is gone. */
export function parsePss(text: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN) / 1024;
}

/** What a process has in memory (RSS), in MiB; NaN where that cannot be had. */
export const residentMiBOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? Number.NaN) / 1024;

export interface MemoryWatch {
  /** Ends the watch and answers the most that the whole tree had at once, in MiB. */
  stop(): number;
}

/** Samples the tree’s memory. That costs time of its own, so it is done in rounds whose time does not count. */
export function watchMemory(root: number): MemoryWatch {
  let peak = 0;
  const sample = (): void => {
    const sizes = treeOf(root, parentsOfAll()).map((pid) =>
      parsePss(read(`/proc/${pid}/smaps_rollup`) ?? ''),
    );
    const total = sizes.filter(Number.isFinite).reduce((sum, size) => sum + size, 0);
    peak = Math.max(peak, total);
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

/** Processes, this one excepted, whose arguments name the directory or that work in it. */
export function processesIn(directory: string): number[] {
  return allProcesses().filter((pid) => {
    if (pid === process.pid) return false;
    if (read(`/proc/${pid}/cmdline`)?.includes(directory) === true) return true;
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });
}

const allProcesses = (): number[] =>
  canMeasureProcesses
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
    : [];

function parentsOfAll(): Map<number, number> {
  const parents = new Map<number, number>();
  for (const pid of allProcesses()) {
    const text = read(`/proc/${pid}/stat`);
    if (text !== undefined) parents.set(pid, parseStat(text).parent);
  }
  return parents;
}

/** Undefined when the process has gone meanwhile. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
