/**
 * The only place that starts a process. Everything else speaks of runs and answers.
 *
 * execa’s own kills are off: Terraform needs minutes to end well, and must outlive a worker that dies.
 */
import { execa } from 'execa';
import { GUARD_SCRIPT } from './guard.js';

export interface GuardedCommand {
  readonly command: readonly [file: string, ...args: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files: RunFiles;
}
/** Absolute paths in the run’s own directory. */
export interface RunFiles {
  /** Terraform’s standard output: JSON lines. Appended to. */
  readonly log: string;
  readonly stderr: string;
  /** See guard.ts; `<pid>.stopped` is written beside it. */
  readonly pid: string;
  readonly exit: string;
}
export interface GuardProcess {
  /** Also the id of its process group and session. Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Asks for the one TERM. Closing twice is the same as once. */
  closePipe(): void;
  /** Never rejects; `startError` when it could not be started. */
  readonly exited: Promise<{ readonly startError?: string }>;
}

/** Starts a command under the guard, in a session of its own. */
export function spawnGuarded({ command, cwd, env, files }: GuardedCommand): GuardProcess {
  const { pid, exit, log, stderr } = files;
  const guard = execa('/bin/sh', ['-c', GUARD_SCRIPT, 'guard', pid, exit, log, stderr, ...command], {
    cwd,
    env,
    extendEnv: false,
    detached: true,
    cleanup: false,
    forceKillAfterDelay: false,
    buffer: false,
    reject: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  return {
    pid: guard.pid,
    closePipe: () => guard.stdin.destroy(),
    exited: guard.then(({ code, originalMessage }) =>
      guard.pid === undefined ? { startError: originalMessage ?? code ?? 'unknown reason' } : {},
    ),
  };
}

export interface ShortCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
}
export interface ShortResult {
  /** Undefined when it was not started or did not end by itself. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** What kept it from ending by itself. */
  readonly problem?: string;
}

const MAX_SHORT_OUTPUT_CHARS = 1_000_000;

/** For `version`, `init` and `ps`: waits for the answer, which must be short. Never rejects. */
export async function runShort({ file, args, cwd, env, timeoutMs }: ShortCommand): Promise<ShortResult> {
  const { exitCode, stdout, stderr, originalMessage, shortMessage, failed } = await execa(file, [...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
    maxBuffer: MAX_SHORT_OUTPUT_CHARS,
  });
  const problem = failed && exitCode === undefined ? (originalMessage ?? shortMessage) : undefined;
  return { exitCode, stdout, stderr, ...(problem === undefined ? {} : { problem }) };
}
