/** A whole nodeyard for a test: a private Redis, a data directory of its own, an app and, where wanted, a worker. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { type App, openApp } from '../../src/app.js';
import { AUDIT_KEY } from '../../src/auth/keys.js';
import { type Config, loadConfig, secretsOfConfig } from '../../src/config.js';
import { createLog, createRedactor, type Log, secretsOf } from '../../src/log.js';
import type { NodeState, Operation } from '../../src/node/lifecycle.js';
import type { NodeRecord } from '../../src/node/record.js';
import { QUEUE_NAMES, QUEUE_PREFIX } from '../../src/queue/names.js';
import { EVENTS_KEY } from '../../src/store/keys.js';
import { type StartedWorker, startWorker } from '../../workers/worker.js';
import { filesIn } from './contents.js';
import { record, secret } from './leaks/record.js';
import { startTestRedis, type TestRedis } from './redis.js';
import { TERRAFORM_SETTINGS } from './terraform-binary.js';

const SCRIPTED_STACK = fileURLToPath(new URL('../fixtures/stacks/scripted.ts', import.meta.url));

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const WORKER_ENTRY = fileURLToPath(new URL('../../workers/main.ts', import.meta.url));

export interface WorkerProcess {
  readonly pid: number;
  /** Lines of its own log so far. */
  readonly log: readonly string[];
  signal(name: NodeJS.Signals): void;
  exited(): Promise<void>;
}

export interface LedgerEntry {
  readonly node: string;
  readonly resource: string;
  readonly what: 'create' | 'destroy';
  readonly mark: 'begin' | 'end' | 'failed';
  /** Pid of the Terraform that ran it. */
  readonly terraform: number;
}

/** Settings that make failures quick; nothing in them changes what happens. */
const QUICK: Readonly<Record<string, string>> = {
  NODEYARD_RETRY_BACKOFF: '50ms',
  NODEYARD_RETRY_THROTTLED_BACKOFF: '50ms',
  NODEYARD_RETRY_MAX_BACKOFF: '200ms',
  NODEYARD_TERRAFORM_GRACE: '20s',
  NODEYARD_STACKS: SCRIPTED_STACK,
};

export class Yard {
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  readonly redis: TestRedis;
  readonly app: App;
  readonly ledgerFile: string;
  worker: StartedWorker | undefined;
  readonly #children: ChildProcess[] = [];
  readonly #producers: { readonly queue: Queue; readonly connection: Redis }[] = [];

  private constructor(parts: Pick<Yard, 'dataDir' | 'env' | 'config' | 'redis' | 'app'>) {
    this.dataDir = parts.dataDir;
    this.env = parts.env;
    this.config = parts.config;
    this.redis = parts.redis;
    this.app = parts.app;
    this.ledgerFile = join(parts.dataDir, 'ledger.jsonl');
  }

  static async open(settings: Readonly<Record<string, string>> = {}): Promise<Yard> {
    const dataDir = mkdtempSync(join(tmpdir(), 'ny-yard-'));
    const redis = await startTestRedis();
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      REDIS_URL: redis.socket,
      NODEYARD_DATA_DIR: dataDir,
      ...TERRAFORM_SETTINGS,
      ...QUICK,
      ...settings,
    };
    const config = loadConfig({ env, cwd: dataDir });
    nameSecrets(env);
    const app = await openApp({ config, env, temper: 'patient', log: testLog(env, config) });
    return new Yard({ dataDir, env, config, redis, app });
  }

  async startWorker(): Promise<StartedWorker> {
    this.worker = await startWorker(this.app);
    return this.worker;
  }

  /** A worker in a process of its own, ready to consume; to be killed, stopped or frozen. */
  async spawnWorker(settings: Readonly<Record<string, string>> = {}): Promise<WorkerProcess> {
    const child = spawn(process.execPath, ['--import', 'tsx', WORKER_ENTRY], {
      cwd: PROJECT,
      env: { ...this.env, NODEYARD_LOG_LEVEL: 'info', ...settings },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const exited = once(child, 'exit');
    this.#children.push(child);
    const log: string[] = [];
    const ready = new Promise<void>((resolve) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        if (process.env['TEST_LOG'] !== undefined) process.stderr.write(`${line}\n`);
        log.push(line);
        if (line.includes('worker ready')) resolve();
      });
    });
    const failed = exited.then(() => Promise.reject(new Error(`the worker has ended: ${log.join('\n')}`)));
    await Promise.race([ready, failed]);
    failed.catch(() => undefined);
    return {
      pid: child.pid ?? 0,
      log,
      signal: (name) => void child.kill(name),
      exited: async () => {
        await exited;
      },
    };
  }

  async stopWorker(): Promise<void> {
    await this.worker?.stop();
    this.worker = undefined;
  }

  /** A queue as any producer would open it, without a line of nodeyard. */
  plainQueue(operation: Operation): Queue {
    const connection = new Redis(this.redis.socket, { maxRetriesPerRequest: null });
    const queue = new Queue(QUEUE_NAMES[operation], { connection, prefix: QUEUE_PREFIX });
    this.#producers.push({ queue, connection });
    return queue;
  }

  /** Waits for one of the states; fails the test when the node ends elsewhere. */
  async reaches(nodeId: string, ...states: NodeState[]): Promise<NodeRecord> {
    const node = await this.app.client.waitFor(nodeId, states, { timeoutMs: 60_000 });
    expect(states, `${nodeId}: ${node.failure?.code} ${node.failure?.message}`).toContain(node.state);
    return node;
  }

  ledger(): LedgerEntry[] {
    if (!existsSync(this.ledgerFile)) return [];
    const lines = readFileSync(this.ledgerFile, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LedgerEntry);
  }

  /** What nodeyard has written down for people; not the rest of Redis, where a secret may lie. */
  async #recordWhatIsKept(): Promise<void> {
    const logs = join(this.dataDir, 'logs');
    if (existsSync(logs)) record('logs of runs', filesIn(logs));
    for (const key of [EVENTS_KEY, AUDIT_KEY]) {
      record('events and audit', JSON.stringify(await this.app.redis.xrange(key, '-', '+')));
    }
  }

  /** Ends everything and asserts that nothing was left: no run directory, no process, no state of a destroyed node. */
  async close(): Promise<void> {
    try {
      await this.stopWorker();
      for (const child of this.#children.filter(
        ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
      )) {
        const exited = once(child, 'exit');
        child.kill('SIGCONT');
        child.kill('SIGTERM');
        await exited;
      }
      for (const { queue, connection } of this.#producers) {
        await queue.close();
        connection.disconnect();
      }
      const { nodes } = await this.app.store.list({ state: 'DESTROYED' }, { limit: 1000 });
      for (const { id } of nodes) {
        expect(await this.app.states.load(id), `state of ${id}`).toBeUndefined();
        expect(await this.app.states.quarantined(id), `quarantine of ${id}`).toEqual([]);
      }
      await this.#recordWhatIsKept();
      const runs = join(this.dataDir, 'runs');
      expect(existsSync(runs) ? readdirSync(runs) : []).toEqual([]);
    } finally {
      await this.app.close();
      await this.redis.stop();
      for (const pid of processesOf(this.dataDir)) process.kill(pid, 'SIGKILL');
      rmSync(this.dataDir, { recursive: true, force: true });
    }
  }
}

/** Pids of processes whose command line speaks of the directory. */
export function processesOf(directory: string): number[] {
  const table = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,command='], { encoding: 'utf8' });
  return table
    .split('\n')
    .filter((line) => line.includes(directory))
    .map((line) => Number.parseInt(line, 10));
}

/** Of the environment, each by the name of its variable. */
function nameSecrets(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    for (const each of secretsOf({ [name]: value })) secret(name, each);
  }
}

/** As an app makes its own, and everything that it could say; shown where TEST_LOG names a level. */
function testLog(env: Readonly<Record<string, string | undefined>>, config: Config): Log {
  const shown = process.env['TEST_LOG'];
  const redact = createRedactor([...secretsOf(env), ...secretsOfConfig(config)]);
  const write = (line: string): void => {
    record('log', line);
    if (shown !== undefined) process.stderr.write(line);
  };
  return createLog({ level: shown ?? 'trace', redact, destination: { write } });
}
