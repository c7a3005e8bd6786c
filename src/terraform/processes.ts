/**
 * Processes that belong to a run, found by the mark in their environment: Terraform, its guard, providers and
 * provisioners. For a worker that died, its successor waits for them or ends them.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { RUN_MARK, validRunId } from './env.js';
import { claimTerm, readPidFile } from './exit-file.js';
import { runShort } from './run.js';

const POLL_MS = 50;

/** Pids of every process whose environment carries the run’s mark. A zombie has none and so is not found. */
export async function findRunProcesses(runId: string): Promise<number[]> {
  const mark = markOf(runId);
  if (process.platform !== 'linux') return findByPs(mark);
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const marked = await Promise.all(pids.map((pid) => carriesMark(pid, mark)));
  return pids.filter((pid, index) => pid !== process.pid && marked[index] === true);
}

/** Whether the pid is, at this moment, a living process of the run. */
export async function isRunProcess(pid: number, runId: string): Promise<boolean> {
  const mark = markOf(runId);
  if (process.platform === 'linux') return carriesMark(pid, mark);
  return (await findByPs(mark)).includes(pid);
}

export interface WaitOptions {
  readonly graceMs: number;
  /** The dead run’s pid file: if its guard died as well, Terraform gets its one TERM from here. */
  readonly pidFile?: string;
  readonly signal?: AbortSignal;
}

/**
 * For a dead worker’s run: its Terraform has had its TERM from the guard, so wait for the end of every process, up to
 * the grace, then KILL what is left. `killed` tells whether anything had to be.
 */
export async function waitOrEndRunProcesses(
  runId: string,
  { graceMs, pidFile, signal }: WaitOptions,
): Promise<{ readonly found: number; readonly killed: boolean }> {
  const first = await findRunProcesses(runId);
  if (pidFile !== undefined && first.length > 0) await tellOrphan(runId, pidFile, first);
  const deadline = AbortSignal.timeout(graceMs);
  const over = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  for (let left = first; left.length > 0; left = await findRunProcesses(runId)) {
    if (over.aborted) {
      signal?.throwIfAborted();
      await killRunProcesses(runId);
      return { found: first.length, killed: true };
    }
    await sleep(POLL_MS);
  }
  return { found: first.length, killed: false };
}

/** KILLs every process of the run, each checked just before, until none is found: one may have been starting another. */
export async function killRunProcesses(runId: string): Promise<void> {
  for (let left = await findRunProcesses(runId); left.length > 0; left = await findRunProcesses(runId)) {
    for (const pid of left) {
      if (await isRunProcess(pid, runId)) sendSignal(pid, 'SIGKILL');
    }
    await sleep(POLL_MS);
  }
}

/** Sends a signal to a process, or with a negative pid to a group. False when there is none any more. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** A living guard sees to the TERM itself; without one nobody has, unless the mark of it is there. */
async function tellOrphan(runId: string, pidFile: string, marked: readonly number[]): Promise<void> {
  const terraform = readPidFile(pidFile);
  if (terraform === undefined || !marked.includes(terraform)) return;
  const parent = await parentOf(terraform);
  if (parent === undefined || marked.includes(parent)) return;
  if (claimTerm(pidFile) && (await isRunProcess(terraform, runId))) sendSignal(terraform, 'SIGTERM');
}

async function parentOf(pid: number): Promise<number | undefined> {
  if (process.platform === 'linux') {
    // `pid (name) state ppid …`; the name may hold anything, so count from its end.
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    const parent = /^\S+ ([0-9]+) /.exec(stat.slice(stat.lastIndexOf(')') + 2))?.[1];
    return parent === undefined ? undefined : Number(parent);
  }
  const { stdout } = await runShort({
    file: 'ps',
    args: ['-o', 'ppid=', '-p', String(pid)],
    env: { PATH: process.env['PATH'] },
    timeoutMs: 10_000,
  });
  return /^\s*[0-9]+\s*$/.test(stdout) ? Number(stdout) : undefined;
}

const markOf = (runId: string): string => `${RUN_MARK}=${validRunId(runId)}`;

async function carriesMark(pid: number, mark: string): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0').includes(mark);
  } catch {
    // It has ended, or it is another user’s and so not ours.
    return false;
  }
}

/** Without /proc: `ps` with environments. A run id has no spaces, so its mark is one word. */
async function findByPs(mark: string): Promise<number[]> {
  const { stdout } = await runShort({
    file: 'ps',
    args: ['axeww', '-o', 'pid=,command='],
    env: { PATH: process.env['PATH'] },
    timeoutMs: 10_000,
  });
  return stdout
    .split('\n')
    .filter((line) => line.split(' ').includes(mark))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
}
