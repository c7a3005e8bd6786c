/**
 * What the reads of the API are measured on: a private Redis full of nodes with the API as a process of its own, as people run it,
 * and beside it a second Redis with as many BullMQ jobs and the peers.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { createRedisTokens } from '../src/auth/redis-tokens.js';
import { createRedisStore } from '../src/store/redis-store.js';
import type { NodeStore } from '../src/store/store.js';
import { startTestRedis } from '../test/support/redis.js';
import type { PeerParts } from './api-peers.js';
import { Child } from './child.js';
import { nodeRequest, populate } from './populate.js';
import type { BenchContext } from './report.js';

const BINARY = fileURLToPath(new URL('../bin/nodeyard.js', import.meta.url));
const JOBS_AT_ONCE = 1_000;
const JOB_QUEUE = 'bench';

export interface ApiStage {
  readonly url: string;
  readonly pid: number;
  /** Of a viewer. */
  readonly token: string;
  readonly store: NodeStore;
  /** Starts the peers with what they answer as constants; answers their address. */
  openPeers(constants: PeerParts['constants']): Promise<string>;
  openListeners(): Promise<Child>;
}

/** Sets it up for `work` and takes it down afterwards, whatever happens. */
export async function useApiStage<T>(
  nodes: number,
  { signal, say }: BenchContext,
  work: (stage: ApiStage) => Promise<T>,
): Promise<T> {
  const ends: (() => unknown)[] = [];
  try {
    const dataDir = mkdtempSync(join(tmpdir(), 'nodeyard-bench-'));
    ends.push(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }));
    const server = await startTestRedis();
    ends.push(() => server.stop());
    const redis = new Redis(server.socket);
    const store = createRedisStore({ redis, retention: { historyEntries: 100, eventEntries: 100_000 } });
    ends.push(async () => {
      await store.close();
      redis.disconnect();
    });
    say(`api: making ${nodes} nodes`);
    await populate(store, nodes, signal);
    const { token } = await createRedisTokens({ redis }).create({ name: 'bench', scope: 'viewer' });
    const { api, url } = await startApi(dataDir, server.socket);
    ends.push(() => endOf(api));
    return await work({
      url,
      pid: api.pid ?? Number.NaN,
      token,
      store,
      async openPeers(constants) {
        const jobs = await startTestRedis();
        ends.push(() => jobs.stop());
        say(`api: making ${nodes} jobs`);
        await makeJobs(jobs.socket, nodes, signal);
        const peers = await Child.start('./api-peers.ts');
        ends.push(() => peers.end());
        const parts: PeerParts = { socket: jobs.socket, queue: JOB_QUEUE, constants };
        return peers.ask<string>(parts);
      },
      async openListeners() {
        const listeners = await Child.start('./api-listeners.ts');
        ends.push(() => listeners.end());
        return listeners;
      },
    });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** Detached, so that Ctrl-C on a terminal reaches the benchmark alone, which then ends it. */
async function startApi(dataDir: string, socket: string): Promise<{ api: ChildProcess; url: string }> {
  const env = {
    ...process.env,
    REDIS_URL: socket,
    NODEYARD_DATA_DIR: dataDir,
    NODEYARD_API_LISTEN: '127.0.0.1:0',
    NODEYARD_API_RATE_LIMIT: '0',
  };
  const api = spawn(process.execPath, [BINARY, 'api', '--json'], {
    cwd: dataDir,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: api.stdout })) {
    const said = JSON.parse(line) as { readonly type: string; readonly url: string };
    if (said.type === 'ready') return { api, url: said.url };
  }
  throw new Error('the API ended before it was ready');
}

async function endOf(api: ChildProcess): Promise<void> {
  if (api.exitCode !== null || api.signalCode !== null) return;
  const exited = once(api, 'exit');
  api.kill('SIGTERM');
  await exited;
}

/** With the same content as the nodes. */
async function makeJobs(socket: string, count: number, signal: AbortSignal): Promise<void> {
  const queue = new Queue(JOB_QUEUE, { connection: { path: socket } });
  try {
    for (let first = 0; first < count; first += JOBS_AT_ONCE) {
      signal.throwIfAborted();
      const numbers = Array.from({ length: Math.min(JOBS_AT_ONCE, count - first) }, (_, i) => first + i);
      await queue.addBulk(
        numbers.map((number) => {
          const id = `n${number}`;
          return { name: 'create', data: nodeRequest(id, number), opts: { jobId: id } };
        }),
      );
    }
  } finally {
    await queue.close();
  }
}
