/** A state repository on a real Redis, and the part of the store that fences it. */
import { Redis } from 'ioredis';
import { FENCE_FIELDS, nodeKey } from '../../../src/node/keys.js';
import { createRedisStateRepository } from '../../../src/state/redis-repository.js';
import type { StateRepository } from '../../../src/state/repository.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

export interface RepositoryLab {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly repository: StateRepository;
  /** Another repository, with other options, on the same Redis. */
  open(options: { readonly keys?: readonly Uint8Array[]; readonly keptVersions?: number }): StateRepository;
  node(id: string, fields: Partial<Record<keyof typeof FENCE_FIELDS, string | number>>): Promise<void>;
  /** Keys of the repository itself, without their common prefix. */
  keys(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openRepositoryLab(): Promise<RepositoryLab> {
  const server = await startTestRedis();
  const redis = new Redis(server.socket);
  let time = 1_700_000_000_000;
  const open: RepositoryLab['open'] = ({ keys = [], keptVersions = 3 }) =>
    createRedisStateRepository({
      redis,
      keys,
      keptVersions,
      now: () => {
        time += 1;
        return time;
      },
    });
  return {
    server,
    redis,
    open,
    repository: open({}),
    async node(id, fields) {
      const entries = Object.entries(fields).map(([name, value]) => [
        FENCE_FIELDS[name as keyof typeof FENCE_FIELDS],
        String(value),
      ]);
      await redis.hset(nodeKey(id), Object.fromEntries(entries));
    },
    async keys() {
      const all = await redis.keys('{nodeyard}:*');
      const own = all.map((key) => key.slice('{nodeyard}:'.length)).filter((key) => !key.startsWith('node:'));
      return own.sort();
    },
    async close() {
      redis.disconnect();
      await server.stop();
    },
  };
}
