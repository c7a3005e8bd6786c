/**
 * Processes of this chaos run and of no other: what Terraform starts is known by the directory in its environment, the rest
 * by its arguments. Read from /proc; where there is none, runs are not attacked and their processes not counted.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

export const canSeeProcesses = process.platform === 'linux';

export type RunProcessKind = 'terraform' | 'guard' | 'provider' | 'other';

export interface RunProcess {
  readonly pid: number;
  /** As the system writes it: with the pid it names one process for ever. */
  readonly startedAt: string;
  readonly kind: RunProcessKind;
  readonly command: string;
}

/** Everything that runs of workers below `home` have started and that lives. */
export function runProcesses(home: string): RunProcess[] {
  return allPids().flatMap((pid) => {
    const environment = read(`/proc/${pid}/environ`)?.split('\0') ?? [];
    if (!environment.some((entry) => entry.startsWith(`TF_DATA_DIR=${home}/`))) return [];
    const startedAt = startOf(pid);
    const words = read(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
    if (startedAt === undefined || words.length <= 1) return [];
    return [
      { pid, startedAt, kind: kindOf(words), command: words.join(' ').replace(/\s+/g, ' ').slice(0, 200) },
    ];
  });
}

/** Pids whose arguments name a place below `home`. */
export const processesNaming = (home: string): number[] =>
  allPids().filter(
    (pid) => pid !== process.pid && read(`/proc/${pid}/cmdline`)?.includes(`${home}/`) === true,
  );

/** False when that very process has ended. */
export function signalProcess({ pid, startedAt }: RunProcess, signal: NodeJS.Signals): boolean {
  if (startOf(pid) !== startedAt) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function kindOf(words: readonly string[]): RunProcessKind {
  if (words.some((word) => basename(word).startsWith('terraform-provider-'))) return 'provider';
  const program = basename(words[0] ?? '');
  if (program === 'terraform' || program === 'tofu') return 'terraform';
  return program === 'sh' && words.includes('guard') ? 'guard' : 'other';
}

/** Undefined for a process that has ended, a zombie among them. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

const allPids = (): number[] =>
  canSeeProcesses
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
    : [];

/** Undefined when the process has gone, or is somebody else’s. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
