/**
 * A nodeyard for one benchmark: a private Redis, a data directory of its own, and one worker as a process of its own, built
 * and configured as it is run by people. The benchmark itself is the producer.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type App, type Environment, openApp } from '../src/app.js';
import { loadConfig } from '../src/config.js';
import { silentLog } from '../src/log.js';
import type { NodeState } from '../src/node/lifecycle.js';
import type { NodeRecord } from '../src/node/record.js';
import { startTestRedis, type TestRedis } from '../test/support/redis.js';
import { cpuSecondsOf, processesIn } from './process-tree.js';

const WORKER = fileURLToPath(new URL('../dist/workers/main.js', import.meta.url));
const WORKER_LOG = 'worker.log';
const TINY_STACK = fileURLToPath(new URL('./stacks/tiny.mjs', import.meta.url));

/** A worker that was told to end may store what it has; one whose Redis was interrupted as well is not waited for. */
const WORKER_PATIENCE_MS = 10_000;
/** The guard of a killed worker’s Terraform ends it. */
const GUARD_PATIENCE_MS = 5_000;
const POLL_MS = 50;

export type StackName = 'tiny' | 'local-node';

interface Parts {
  readonly dataDir: string;
  readonly env: Environment;
  readonly redis: TestRedis;
  readonly app: App;
  readonly worker: ChildProcess;
  readonly signal: AbortSignal;
}

export class BenchYard {
  /** For everything that belongs to the benchmark: it is removed at the end, and processes in it are ended. */
  readonly dataDir: string;
  readonly env: Environment;
  readonly app: App;
  readonly #redis: TestRedis;
  readonly #worker: ChildProcess;
  /** Rejects when the worker ends: whoever waits for a node would wait for ever. */
  readonly #died: Promise<never>;
  readonly #signal: AbortSignal;

  private constructor({ dataDir, env, app, redis, worker, signal }: Parts) {
    this.dataDir = dataDir;
    this.env = env;
    this.app = app;
    this.#redis = redis;
    this.#worker = worker;
    this.#signal = signal;
    this.#died = once(worker, 'exit').then(() => {
      throw new Error(`the worker ended. Its last lines:\n${this.#lastLines()}`);
    });
    // At the end it ends as it should, and nobody waits for it any more.
    this.#died.catch(() => undefined);
  }

  /** Opens a yard for `work` and takes it down afterwards, whatever happens. */
  static async use<T>(signal: AbortSignal, work: (yard: BenchYard) => Promise<T>): Promise<T> {
    const yard = await BenchYard.#open(signal);
    try {
      const result = await work(yard);
      await yard.#endWorker();
      yard.#refuseLeaks();
      return result;
    } finally {
      await yard.#close();
    }
  }

  static async #open(signal: AbortSignal): Promise<BenchYard> {
    const dataDir = mkdtempSync(join(tmpdir(), 'nodeyard-bench-'));
    const redis = await startTestRedis();
    try {
      const env = {
        ...process.env,
        REDIS_URL: redis.socket,
        NODEYARD_DATA_DIR: dataDir,
        NODEYARD_STACKS: TINY_STACK,
      };
      const config = loadConfig({ env, cwd: dataDir });
      const app = await openApp({ config, env, temper: 'hasty', log: silentLog });
      return new BenchYard({ dataDir, env, redis, app, worker: startWorker(dataDir, env), signal });
    } catch (error) {
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  get workerPid(): number {
    return this.#worker.pid ?? Number.NaN;
  }

  /** Processor seconds that the worker, its finished Terraforms and the Redis have used so far. */
  cpuSeconds(): number {
    return cpuSecondsOf(this.workerPid) + cpuSecondsOf(this.#redis.pid);
  }

  /** Requests nodes, all at once, and waits until all are CREATED. */
  async create(stack: StackName, count: number): Promise<readonly NodeRecord[]> {
    const request = { group: 'bench', role: 'bench', stack };
    return Promise.all(
      Array.from({ length: count }, async () => {
        const { node } = await this.app.client.requestNode(request);
        return this.#reaches(node.id, 'CREATED');
      }),
    );
  }

  /** Asks for the destruction of nodes, all at once, and waits until all are DESTROYED. */
  async destroy(nodes: readonly NodeRecord[]): Promise<readonly NodeRecord[]> {
    return Promise.all(
      nodes.map(async ({ id }) => {
        await this.app.client.requestDestruction(id);
        return this.#reaches(id, 'DESTROYED');
      }),
    );
  }

  async #reaches(nodeId: string, state: NodeState): Promise<NodeRecord> {
    const reached = this.app.client.waitFor(nodeId, [state], { signal: this.#signal });
    const node = await Promise.race([reached, this.#died]);
    if (node.state === state) return node;
    throw new Error(`node ${nodeId} is ${node.state}: ${node.failure?.code} ${node.failure?.message}`);
  }

  #lastLines(): string {
    return readFileSync(join(this.dataDir, WORKER_LOG), 'utf8').trimEnd().split('\n').slice(-10).join('\n');
  }

  async #endWorker(): Promise<void> {
    if (this.#worker.exitCode !== null || this.#worker.signalCode !== null) return;
    const exited = once(this.#worker, 'exit');
    this.#worker.kill('SIGTERM');
    const patience = setTimeout(() => this.#worker.kill('SIGKILL'), WORKER_PATIENCE_MS);
    await exited;
    clearTimeout(patience);
  }

  #refuseLeaks(): void {
    const left = processesIn(this.dataDir);
    if (left.length > 0) throw new Error(`processes were left behind: ${left.join(', ')}`);
  }

  async #close(): Promise<void> {
    await this.#endWorker();
    await this.app.close();
    await this.#redis.stop();
    await this.#endProcesses();
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** An interruption may leave some: those that end by themselves are waited for. */
  async #endProcesses(): Promise<void> {
    let left = processesIn(this.dataDir);
    for (let waited = 0; left.length > 0; waited += POLL_MS) {
      if (waited >= GUARD_PATIENCE_MS) for (const pid of left) killIfThere(pid);
      await sleep(POLL_MS);
      left = processesIn(this.dataDir);
    }
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Detached, so that Ctrl-C on a terminal reaches the benchmark alone, which then ends it. */
function startWorker(dataDir: string, env: Environment): ChildProcess {
  const log = openSync(join(dataDir, WORKER_LOG), 'a');
  try {
    return spawn(process.execPath, [WORKER], {
      cwd: dataDir,
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}
