/**
 * A computer of the model: its processes, its file locks, the Terraform runs upon it. For each process it is the `Machine` that the
 * operations know. What a run prints and that it has ended is noticed by its worker in a step of its own.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileLockOptions } from '../../src/file-lock.js';
import type { Machine } from '../../src/operations/machine.js';
import { type RunMeta, runMetaSchema } from '../../src/state/run-meta.js';
import { RUN_MARK } from '../../src/terraform/env.js';
import { parseMessage } from '../../src/terraform/messages.js';
import type { RunOptions, RunResult, StopReason, TerraformRun } from '../../src/terraform/start.js';
import { SummaryFold } from '../../src/terraform/summary.js';
import type { ModelCloud } from './cloud.js';
import type { ModelProcess } from './process.js';
import { type Ending, ModelTerraform } from './terraform/terraform.js';
import { type Twist, WELL } from './terraform/twist.js';
import type { ModelTime } from './time.js';

/** Something that a step may let happen. */
export interface Task {
  /** Sorts and names it the same way in every repetition. */
  readonly key: string;
  /** For the count of what was covered. */
  readonly point: string;
  /** What it calls may go wrong by a twist; without, it cannot. */
  take(twist?: Twist): void;
}

export interface HostRun {
  readonly meta: RunMeta;
  readonly owner: ModelProcess;
  readonly terraform: ModelTerraform;
}

interface RunEntry extends HostRun {
  readonly unread: string[];
  readonly read: (line: string) => void;
  readonly finish: (ending: Ending) => void;
  ending: Ending | undefined;
}

interface Wait {
  readonly process: ModelProcess;
  readonly key: string;
  ready(): boolean;
  go(): void;
}

/** A lock whose holder has died is stale after so long. */
const STALE_MS = 10_000;

export class ModelHost {
  readonly name: string;
  readonly dataDir: string;
  readonly #cloud: ModelCloud;
  readonly #time: ModelTime;
  #boots = 1;
  #order = 0;
  readonly #processes = new Map<number, { readonly process: ModelProcess; readonly boot: string }>();
  readonly #runs = new Set<RunEntry>();
  readonly #waits = new Set<Wait>();
  readonly #locks = new Map<string, { readonly holder: ModelProcess; diedAt?: number }>();

  constructor(
    name: string,
    dataDir: string,
    world: { readonly cloud: ModelCloud; readonly time: ModelTime },
  ) {
    this.name = name;
    this.dataDir = dataDir;
    this.#cloud = world.cloud;
    this.#time = world.time;
  }

  get runsDir(): string {
    return join(this.dataDir, 'runs');
  }
  /** Those whose Terraform lives. */
  get runs(): readonly HostRun[] {
    return [...this.#runs].filter(({ terraform }) => !terraform.ended);
  }

  adopt(process: ModelProcess): void {
    this.#processes.set(process.pid, { process, boot: this.#boot });
    process.onDeath.push(() => {
      for (const lock of this.#locks.values()) if (lock.holder === process) lock.diedAt = this.#time.now;
      for (const wait of this.#waits) if (wait.process === process) this.#waits.delete(wait);
      for (const run of this.#runs) {
        if (run.owner !== process) continue;
        // The pipe has closed: the guard sends the one TERM.
        if (run.terraform.guarded) run.terraform.tell();
        if (run.terraform.ended) this.#runs.delete(run);
      }
    });
  }

  /** The current is cut: everything that runs here is gone at once. */
  cutPower(): void {
    for (const { terraform } of this.runs) {
      terraform.killGuard();
      terraform.kill();
    }
    for (const { process } of this.#processes.values()) process.die();
    this.#runs.clear();
    this.#boots += 1;
  }

  get tasks(): readonly Task[] {
    const ofRuns = [...this.#runs].flatMap((run) => {
      const who = `${this.name} ${run.meta.members[0].nodeId} ${run.meta.runId}`;
      const steps = run.terraform.steps.map(({ name, take }) => ({
        key: `${who} terraform ${name}`,
        point: `terraform ${name.split(' ')[0]}`,
        take: (twist: Twist = WELL) => take(twist),
      }));
      if (!run.owner.awake) return steps;
      if (run.ending !== undefined) {
        const take = (): void => this.#notice(run);
        return [...steps, { key: `${who} is noticed to have ended`, point: 'end noticed', take }];
      }
      if (run.unread.length === 0) return steps;
      return [...steps, { key: `${who} is followed`, point: 'log followed', take: () => this.#follow(run) }];
    });
    const ofWaits = [...this.#waits]
      .filter(({ process, ready }) => process.awake && ready())
      .map(({ key, go }) => ({
        key: `${this.name} ${key}`,
        point: 'waited for processes',
        take: () => go(),
      }));
    return [...ofRuns, ...ofWaits];
  }

  /** As the operations of one of its processes know this host. */
  machineOf(process: ModelProcess): Machine {
    const owner = () => ({ host: this.name, boot: this.#boot, pid: process.pid, startedAt: process.name });
    return {
      self: owner,
      liveness: ({ host, boot, pid, startedAt }) => {
        if (host !== this.name) return 'elsewhere';
        const known = this.#processes.get(pid);
        const same = known !== undefined && known.boot === boot && known.process.name === startedAt;
        return same && boot === this.#boot && !known.process.dead ? 'alive' : 'dead';
      },
      start: (options) => this.#start(process, options),
      runProcesses: async (runId) => this.#living(runId).map((_, index) => index + 1),
      endRunProcesses: (runId, { graceMs }) => this.#endRun(process, runId, graceMs),
      alone: (lock, step) => this.#alone(process, lock, step),
    };
  }

  get #boot(): string {
    return `boot-${this.#boots}`;
  }

  #living(runId: string): RunEntry[] {
    return [...this.#runs].filter(({ meta, terraform }) => meta.runId === runId && !terraform.ended);
  }

  #start(owner: ModelProcess, options: RunOptions): TerraformRun {
    const timers = this.#time.timersOf(owner);
    const summary = new SummaryFold(options.redact);
    const meta = runMetaSchema.parse(JSON.parse(readFileSync(join(options.cwd, 'run.json'), 'utf8')));
    const terraform = new ModelTerraform(options, this.#cloud, `lineage-${options.env[RUN_MARK]}`);
    let stopped: StopReason | undefined;
    let killed = false;
    let end = (_: RunResult): void => {};
    const result = new Promise<RunResult>((resolve) => {
      end = resolve;
    });
    const stop = (reason: StopReason): void => {
      if (stopped !== undefined || terraform.ended) return;
      stopped = reason;
      terraform.tell();
      timers.after(options.graceMs, () => {
        if (terraform.ended) return;
        killed = true;
        terraform.killGuard();
        terraform.kill();
      });
    };
    const dropTimeout =
      options.timeoutMs === undefined ? () => {} : timers.after(options.timeoutMs, () => stop('timeout'));
    const entry: RunEntry = {
      meta,
      owner,
      terraform,
      unread: [],
      ending: undefined,
      read: (line) => {
        const message = parseMessage(line);
        summary.add(message);
        options.onMessage?.(message, summary.summary().progress);
      },
      finish: (ending) => {
        dropTimeout();
        const how = stopped === undefined ? {} : { stopped };
        end({ ...summary.summary(), ...ending, ...how, killed, durationMs: 0 });
      },
    };
    terraform.onLine = (line) => void entry.unread.push(line);
    terraform.onEnd = (ending) => {
      entry.ending = ending;
      if (owner.dead) this.#runs.delete(entry);
    };
    this.#runs.add(entry);
    return { pid: owner.pid, stop, result };
  }

  #follow(run: RunEntry): void {
    // A worker whose guard was killed finds that out, and sends the one TERM itself.
    if (!run.terraform.guarded) run.terraform.tell();
    for (const line of run.unread.splice(0)) run.read(line);
  }

  #notice(run: RunEntry): void {
    this.#follow(run);
    this.#runs.delete(run);
    run.finish(run.ending ?? {});
  }

  #endRun(process: ModelProcess, runId: string, graceMs: number): Promise<{ killed: boolean }> {
    const found = this.#living(runId);
    if (found.length === 0) return Promise.resolve({ killed: false });
    // An orphan whose guard died as well was told by nobody.
    for (const { terraform, owner } of found) if (owner.dead && !terraform.guarded) terraform.tell();
    return new Promise((resolve) => {
      let over = false;
      this.#order += 1;
      const wait: Wait = {
        process,
        key: `${process.name} waits for ${runId} ${this.#order}`,
        ready: () => over || this.#living(runId).length === 0,
        go: () => {
          this.#waits.delete(wait);
          const left = this.#living(runId);
          for (const { terraform } of left) {
            terraform.killGuard();
            terraform.kill();
          }
          resolve({ killed: left.length > 0 });
        },
      };
      this.#time.timersOf(process).after(graceMs, () => {
        over = true;
      });
      this.#waits.add(wait);
    });
  }

  async #alone<T>(
    process: ModelProcess,
    { path }: FileLockOptions,
    step: () => Promise<T>,
  ): Promise<{ readonly result: T } | undefined> {
    const held = this.#locks.get(path);
    const stale = held?.diedAt !== undefined && this.#time.now - held.diedAt > STALE_MS;
    if (held !== undefined && !stale) return undefined;
    const lock = { holder: process };
    this.#locks.set(path, lock);
    try {
      return { result: await step() };
    } finally {
      if (this.#locks.get(path) === lock) this.#locks.delete(path);
    }
  }
}
