/**
 * One Terraform run from its start to its result.
 *
 *   running ──stop()──► stopping: the pipe is closed, the guard sends the one TERM, the grace runs
 *      │                    │ grace over ──► KILL to the group
 *      │ guard lost ────────┤ (the run sends the TERM itself, if nobody has)
 *      ▼                    ▼
 *   ended: Terraform is gone, its log is read to the end
 *
 * The result tells how it ended and never rejects: a failed Terraform is an answer. When the worker dies instead, the
 * guard stops Terraform, and the files of the run tell the next worker the rest.
 */
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.js';
import { type ChildEnv, RUN_MARK } from './env.js';
import { claimTerm, clearRunFiles, readExitFile, readPidFile } from './exit-file.js';
import { FileFollower } from './follow.js';
import { LineSplitter } from './lines.js';
import { parseMessage, type TerraformMessage } from './messages.js';
import { PeakMemory } from './peak-memory.js';
import { isRunProcess, sendSignal } from './processes.js';
import type { RunProgress } from './progress.js';
import { type GuardProcess, type RunFiles, spawnGuarded } from './run.js';
import { type RunSummary, SummaryFold } from './summary.js';

/** Why a run was stopped by us. The first reason wins. */
export const STOP_REASONS = ['cancelled', 'shutdown', 'lease-lost', 'timeout', 'log-limit'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

export interface RunOptions {
  /** Path of Terraform or OpenTofu. */
  readonly binary: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: ChildEnv;
  readonly files: RunFiles;
  /** From the stop to the KILL. Minutes: Terraform waits for what the cloud is making. */
  readonly graceMs: number;
  readonly timeoutMs?: number | undefined;
  /** For each of the two streams. Default 256 MiB. */
  readonly maxLogBytes?: number | undefined;
  /** Called for every message, in order, as it is read; standard error comes as `text`. Must not throw. */
  readonly onMessage?: ((message: TerraformMessage, progress: RunProgress) => void) | undefined;
  /** Takes secrets out of what leaves the log: diagnostics and last lines. */
  readonly redact?: ((text: string) => string) | undefined;
  readonly log: Log;
}

/** One shape for success, failure and stop. */
export interface RunResult extends RunSummary {
  /** 0 or 1 when Terraform ended by itself; 126 or 127 when the binary cannot be run; undefined when that is not known. */
  readonly exitCode?: number;
  /** Terraform was ended by this signal. */
  readonly signal?: NodeJS.Signals;
  readonly stopped?: StopReason;
  /** The grace was over and we killed it: resources that it was making may be in no state. */
  readonly killed: boolean;
  /** The process could not be started at all. */
  readonly startError?: string;
  readonly durationMs: number;
  /** What Terraform and its providers were seen to need together (peak-memory.ts); absent where nobody could look. */
  readonly peakMemoryBytes?: number;
}

export interface TerraformRun {
  /** Of the guard, and so of the process group; undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Asks Terraform to end; asking again changes nothing. */
  stop(reason: StopReason): void;
  readonly result: Promise<RunResult>;
}

const DEFAULT_MAX_LOG_BYTES = 256 * 1024 * 1024;
const POLL_MS = 50;

export function startRun(options: RunOptions): TerraformRun {
  const { binary, args, cwd, env, files } = options;
  clearRunFiles(files);
  for (const file of [files.log, files.stderr]) closeSync(openSync(file, 'a', 0o600));
  return new GuardedRun(options, spawnGuarded({ command: [binary, ...args], cwd, env, files }));
}

class GuardedRun implements TerraformRun {
  readonly result: Promise<RunResult>;
  readonly #options: RunOptions;
  readonly #guard: GuardProcess;
  readonly #summary: SummaryFold;
  readonly #followers: readonly FileFollower[];
  readonly #memory: PeakMemory;
  readonly #startedAt = performance.now();
  readonly #timeout: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #stopped: StopReason | undefined;
  #killed = false;
  #ended = false;

  constructor(options: RunOptions, guard: GuardProcess) {
    this.#options = options;
    this.#guard = guard;
    this.#memory = new PeakMemory(guard.pid);
    this.#summary = new SummaryFold(options.redact);
    this.#followers = [
      this.#follow(options.files.log, (text, cut) => this.#read(parseMessage(text, cut))),
      this.#follow(options.files.stderr, (text, cut) => this.#read({ type: 'text', text, cut })),
    ];
    const { timeoutMs } = options;
    if (timeoutMs !== undefined) this.#timeout = setTimeout(() => this.stop('timeout'), timeoutMs);
    this.result = this.#finish();
  }

  get pid(): number | undefined {
    return this.#guard.pid;
  }

  stop(reason: StopReason): void {
    if (this.#stopped !== undefined || this.#ended) return;
    this.#stopped = reason;
    this.#options.log.info({ reason, graceMs: this.#options.graceMs }, 'stopping terraform');
    this.#guard.closePipe();
    this.#startGrace();
  }

  #startGrace(): void {
    this.#grace ??= setTimeout(() => this.#killGroup(), this.#options.graceMs);
  }

  #killGroup(): void {
    this.#options.log.warn('terraform did not end within its grace and is killed');
    this.#killed = true;
    this.#endGroup();
  }

  #endGroup(): void {
    if (this.pid !== undefined) sendSignal(-this.pid, 'SIGKILL');
  }

  async #finish(): Promise<RunResult> {
    const { startError } = await this.#guard.exited;
    const end = readExitFile(this.#options.files.exit);
    if (end === undefined && startError === undefined) await this.#outliveGuard();
    this.#ended = true;
    clearTimeout(this.#timeout);
    clearTimeout(this.#grace);
    this.#memory.end();
    this.#guard.closePipe();
    await Promise.all(this.#followers.map((follower) => follower.finish()));
    return {
      ...this.#summary.summary(),
      ...end,
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
      ...(startError === undefined ? {} : { startError }),
      killed: this.#killed,
      durationMs: performance.now() - this.#startedAt,
      ...(this.#memory.bytes === undefined ? {} : { peakMemoryBytes: this.#memory.bytes }),
    };
  }

  /** The guard was killed, by our own KILL to the group or by somebody: Terraform may still be there. */
  async #outliveGuard(): Promise<void> {
    this.#guard.closePipe();
    const { files, env } = this.#options;
    const runId = env[RUN_MARK];
    const terraform = readPidFile(files.pid);
    if (terraform !== undefined && !this.#killed && (await isRunProcess(terraform, runId))) {
      this.#options.log.warn('the guard of terraform was killed; stopping terraform');
      if (claimTerm(files.pid)) sendSignal(terraform, 'SIGTERM');
      this.#startGrace();
    }
    while (terraform !== undefined && (await isRunProcess(terraform, runId))) await sleep(POLL_MS);
    this.#endGroup();
  }

  #follow(path: string, onLine: (text: string, cut: boolean) => void): FileFollower {
    const lines = new LineSplitter(({ text, cut }) => onLine(text, cut));
    const { maxLogBytes = DEFAULT_MAX_LOG_BYTES, log } = this.#options;
    return new FileFollower({
      path,
      maxBytes: maxLogBytes,
      onChunk: (chunk) => lines.push(chunk),
      onEnd: () => lines.end(),
      onLimit: () => this.stop('log-limit'),
      onError: (error) => log.error({ err: error }, 'the run log cannot be read'),
    });
  }

  #read(message: TerraformMessage): void {
    if (!this.#ended) this.#memory.look();
    this.#summary.add(message);
    this.#options.onMessage?.(message, this.#summary.progress);
  }
}
