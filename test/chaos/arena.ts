/**
 * Where a chaos run happens: a directory of its own with a cloud, a Redis, data directories on small disks, workers, and the
 * producer’s way in. Everything below `home`, so that it is known by its path:
 *
 *   cloud/   the ledger, the provider    redis/   the journal              data/<n>/   a data directory each
 *                                        logs/    one file per worker      kept/       what a failed run leaves of data/
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type App, openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { silentLog } from '../../src/log.js';
import type { Operation } from '../../src/node/lifecycle.js';
import { QUEUE_NAMES, QUEUE_PREFIX } from '../../src/queue/names.js';
import type { SimulatedCloud } from '../simcloud/cloud/cloud.js';
import { type OpenedCloud, openCloud } from '../simcloud/open.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import type { Scene } from './attack/scene.js';
import { openSmallDisk, type SmallDisk } from './disk.js';
import { Fleet } from './fleet.js';
import { processesNaming, runProcesses, signalProcess } from './processes.js';
import { workerEnv } from './settings.js';

export interface ArenaRequest {
  readonly nodes: number;
  readonly workers: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
/** Room for the logs of so many nodes, and small enough to be filled in a moment. */
const DISK_MIB = 48;
const DISK_MIB_PER_NODE = 1;

export class Arena implements Scene {
  readonly home: string;
  readonly cloud: SimulatedCloud;
  readonly redis: TestRedis;
  readonly disks: readonly SmallDisk[];
  readonly fleet: Fleet;
  /** Of the producer and the judge. */
  readonly app: App;
  readonly queues: Readonly<Record<Operation, Queue>>;
  readonly connection: Redis;
  readonly #opened: OpenedCloud;

  private constructor(parts: Omit<Arena, 'close' | 'rescue' | 'dataDirs'>, opened: OpenedCloud) {
    this.home = parts.home;
    this.cloud = parts.cloud;
    this.redis = parts.redis;
    this.disks = parts.disks;
    this.fleet = parts.fleet;
    this.app = parts.app;
    this.queues = parts.queues;
    this.connection = parts.connection;
    this.#opened = opened;
  }

  static async open({ nodes, workers, env }: ArenaRequest): Promise<Arena> {
    // Short: a unix socket’s path may have 104 bytes.
    const home = realpathSync(mkdtempSync(join(tmpdir(), 'ny-chaos-')));
    const inside = (...names: string[]): string => join(home, ...names);
    for (const name of ['redis', 'data', 'logs']) mkdirSync(inside(name));
    const opened = await openCloud({ directory: inside('cloud') });
    const places = { cloud: opened.env, mirror: inside('cloud', 'mirror') };
    const redis = await startTestRedis(['--appendfsync', 'always'], inside('redis'));
    const mebibytes = DISK_MIB + nodes * DISK_MIB_PER_NODE;
    // Of three workers and more the last two share a data directory, as two processes on one machine may.
    const disks = Array.from({ length: workers < 3 ? workers : workers - 1 }, (_, index) =>
      openSmallDisk(inside('data', String(index + 1)), mebibytes),
    );
    const envOf = (dataDir: string) => workerEnv({ ...places, redis: redis.socket, dataDir }, env);
    const fleet = new Fleet(
      Array.from({ length: workers }, (_, index) => ({
        name: `w${index + 1}`,
        command: [process.execPath, '--import', 'tsx', join(PROJECT, 'workers', 'main.ts')],
        cwd: PROJECT,
        env: envOf((disks[index] ?? disks.at(-1))?.path ?? ''),
        logFile: inside('logs', `w${index + 1}.log`),
      })),
    );
    const own = envOf(inside('data', 'none'));
    const config = loadConfig({ env: own, cwd: home });
    const app = await openApp({ config, env: own, temper: 'hasty', log: silentLog });
    // Patient, as BullMQ’s own producers are by default.
    const connection = new Redis(redis.socket, { maxRetriesPerRequest: null });
    connection.on('error', () => undefined);
    const open = (operation: Operation): Queue => {
      const queue = new Queue(QUEUE_NAMES[operation], { connection, prefix: QUEUE_PREFIX });
      queue.on('error', () => undefined);
      return queue;
    };
    const queues = { create: open('create'), destroy: open('destroy') };
    return new Arena({ home, cloud: opened.cloud, redis, disks, fleet, app, queues, connection }, opened);
  }

  get dataDirs(): string[] {
    return this.disks.map(({ path }) => path);
  }

  /** Copies what would end with the disks to where a person finds it. */
  rescue(): void {
    this.disks.forEach((disk, index) => {
      disk.rescue(join(this.home, 'kept', String(index + 1)));
    });
  }

  /** Ends everything that is still there. */
  async close({ keep }: { readonly keep: boolean }): Promise<void> {
    for (const worker of this.fleet.workers) await worker.end('SIGKILL');
    for (const found of runProcesses(this.home)) signalProcess(found, 'SIGKILL');
    await Promise.all(Object.values(this.queues).map((queue) => queue.close().catch(() => undefined)));
    this.connection.disconnect();
    await this.app.close();
    await this.redis.kill();
    for (const pid of processesNaming(this.home)) process.kill(pid, 'SIGKILL');
    await this.#opened.close();
    for (const disk of this.disks) disk.close();
    if (!keep) rmSync(this.home, { recursive: true, force: true });
  }
}
