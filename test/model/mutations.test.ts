/** Each invariant can fail: a product that is broken on purpose is found out within the size of `npm test`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeKey } from '../../src/node/keys.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { runModel } from './model.js';
import type { ModelQueue } from './queue.js';
import type { Mutation } from './world.js';

let server: TestRedis;
let redis: Redis;
let directory: string;
beforeAll(async () => {
  server = await startTestRedis(['--appendfsync', 'no']);
  redis = new Redis(server.socket);
  directory = mkdtempSync(join(tmpdir(), 'ny-mutations-'));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** The same object with some of its methods replaced. */
const but = <T extends object>(real: T, changed: Partial<T>): T =>
  new Proxy(real, {
    get: (target, name) => {
      const method: unknown = Reflect.get(name in changed ? changed : target, name);
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });

const mutations: readonly {
  readonly name: string;
  readonly invariant: string;
  readonly mutation: Mutation;
}[] = [
  {
    name: 'a store that lets a second run share the lease of the first',
    invariant: 'oneWriterPerEpoch',
    mutation: ({ store }) => ({
      store: but(store, {
        begin: async (id, request) => {
          const held = (await store.get(id))?.lease?.holder;
          return store.begin(id, { ...request, holder: held ?? request.holder });
        },
      }),
    }),
  },
  {
    name: 'a store that does not look at the epoch of a transition',
    invariant: 'recordsAsInTheReference',
    mutation: ({ store }) => ({
      store: but(store, {
        transition: async (id, request) => {
          const epoch = (await store.get(id))?.epoch;
          return store.transition(
            id,
            request.epoch === undefined || epoch === undefined ? request : { ...request, epoch },
          );
        },
      }),
    }),
  },
  {
    name: 'a repository that lets a stale run overwrite the canonical state',
    invariant: 'oneWriterPerEpoch',
    mutation: ({ store, states }) => ({
      states: but(states, {
        save: async (id, request) => {
          const epoch = (await store.get(id))?.epoch ?? request.epoch;
          return states.save(id, { ...request, epoch });
        },
      }),
    }),
  },
  {
    name: 'a repository that drops what a stale run brings',
    invariant: 'noLostState',
    mutation: ({ store, states }) => ({
      states: but(states, {
        save: async (id, request) => {
          const epoch = (await store.get(id))?.epoch;
          return epoch === request.epoch ? states.save(id, request) : 'quarantined';
        },
      }),
    }),
  },
  {
    name: 'a quarantine that ends an entry as soon as somebody claims it',
    invariant: 'noLostState',
    mutation: ({ quarantine }) => ({
      quarantine: but(quarantine, {
        claim: async (place, lease) => {
          const claimed = await quarantine.claim(place, lease);
          if (typeof claimed !== 'string') await quarantine.end(claimed.claim);
          return claimed;
        },
      }),
    }),
  },
  {
    name: 'a tombstone that comes to life again',
    invariant: 'noTerminalStateLeft',
    mutation: ({ store }, connection) => ({
      store: but(store, {
        transition: async (id, request) => {
          const dead = (await store.get(id))?.state === 'DESTROYED';
          if (dead) await connection.hset(nodeKey(id), 'state', 'DESTROYING');
          return store.transition(id, request);
        },
      }),
    }),
  },
  {
    name: 'a destroy that reports before it has destroyed',
    invariant: 'destroyedImpliesAnEmptyState',
    mutation: ({ store, states }) => {
      const isDestroying = async (id: string) => (await store.get(id))?.state === 'DESTROYING';
      return {
        states: but(states, {
          load: async (id) => ((await isDestroying(id)) ? undefined : states.load(id)),
          remove: async () => true,
        }),
      };
    },
  },
  {
    name: 'a destroy that does not look into the quarantine',
    invariant: 'destroyedImpliesAnEmptyState',
    mutation: ({ states }) => {
      const looked = async (id?: string) => {
        await states.quarantined(id);
        return [];
      };
      return { states: but(states, { quarantined: looked }) };
    },
  },
  {
    name: 'a reconciler that takes every job for alive',
    invariant: 'everyNodeWhereItWasAsked',
    mutation: ({ queue }) => ({ queue: but(queue, { isAlive: async () => true } as Partial<ModelQueue>) }),
  },
  {
    name: 'a reconciler that never looks after the quarantine',
    invariant: 'nothingUnfinished',
    mutation: ({ quarantine }) => ({ quarantine: but(quarantine, { unattended: async () => [] }) }),
  },
  {
    name: 'an inventory that shows nothing',
    invariant: 'nothingUnfinished',
    mutation: ({ inventory }) => ({ inventory: but(inventory, { list: async () => [] }) }),
  },
];

describe.each(mutations)('$name', ({ invariant, mutation }) => {
  it(`breaks ${invariant}`, async () => {
    const { failure } = await runModel({ redis, directory, seed: 1, steps: 6_000, shrinkMs: 0, mutation });
    expect(failure?.message).toContain(invariant);
    expect(failure?.invariants).toContain(invariant);
  });
});
