/** The worker processes. One that ends by itself is started again, as a service manager would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { wait } from './waiting.js';

const REVIVAL_MS = 1_000;
const READY = '"worker ready"';

export interface WorkerOptions {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Everything that its processes say, one after the other. */
  readonly logFile: string;
}

export class WorkerProcess {
  readonly name: string;
  /** An attack is at it: another one chooses another. */
  attacked = false;
  /** How often it ended though nobody had ended it. */
  endedByItself = 0;
  readonly #options: WorkerOptions;
  #child: ChildProcess | undefined;
  #wanted = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.name = options.name;
  }

  get up(): boolean {
    return this.#child !== undefined;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    this.#wanted = true;
    if (this.#child === undefined) this.#spawn();
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends it by the signal and waits until it has. It stays down. */
  async end(name: NodeJS.Signals): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill(name);
    await exited;
  }

  /** Whether it has said that it is ready, before the signal came. */
  async ready(signal: AbortSignal): Promise<boolean> {
    while (!readFileSync(this.#options.logFile, 'utf8').includes(READY)) {
      if (!(await wait(100, signal))) return false;
    }
    return true;
  }

  #spawn(): void {
    const { command, cwd, env, logFile } = this.#options;
    const [program, ...args] = command;
    const log = openSync(logFile, 'a');
    // Detached: a Ctrl-C at the terminal is for the chaos run, which ends its workers itself.
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    child.once('exit', () => {
      this.#child = undefined;
      if (!this.#wanted) return;
      this.endedByItself += 1;
      setTimeout(() => {
        if (this.#wanted && this.#child === undefined) this.#spawn();
      }, REVIVAL_MS);
    });
  }
}

export class Fleet {
  readonly workers: readonly WorkerProcess[];

  constructor(options: readonly WorkerOptions[]) {
    this.workers = options.map((one) => new WorkerProcess(one));
  }

  start(): void {
    for (const worker of this.workers) worker.start();
  }

  async ready(signal: AbortSignal): Promise<boolean> {
    const ready = await Promise.all(this.workers.map((worker) => worker.ready(signal)));
    return ready.every((one) => one);
  }

  /** One that is up and that nobody is at. */
  choose(pick: number): WorkerProcess | undefined {
    const free = this.workers.filter(({ up, attacked }) => up && !attacked);
    return free[Math.floor(pick * free.length)];
  }

  /** Gracefully; those that have not ended after that time are killed. Answers how many had to be. */
  async stop(patienceMs: number): Promise<number> {
    const stops = this.workers.map(async (worker) => {
      const ended = new AbortController();
      const end = worker.end('SIGTERM').finally(() => ended.abort());
      const late = await wait(patienceMs, ended.signal);
      if (late) await worker.end('SIGKILL');
      await end;
      return late;
    });
    return (await Promise.all(stops)).filter((killed) => killed).length;
  }
}
