/** A store on a real Redis for one test file, nodes brought to any state, and the check that no key was left behind. */
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { commandsKey, EXPIRING_COMMANDS_KEY, waitingKey } from '../../src/commands/keys.js';
import { LOOKS_KEY } from '../../src/fleet/reconcile/memory.js';
import { LISTENING_KEY } from '../../src/heartbeat/keys.js';
import { HEARTBEAT_KEY_PREFIX, LOAD_KEY_PREFIX, nodeKey, WATCHED_KEY } from '../../src/node/keys.js';
import { DRIVEN_STATES, type NodeState, type Operation, WATCHED_STATES } from '../../src/node/lifecycle.js';
import type { Failure, NodeRecord } from '../../src/node/record.js';
import {
  EXPIRIES_KEY,
  FAILED_DESTROYS_KEY,
  FAILED_DESTROYS_SINCE_KEY,
  historyKey,
  indexKey,
  requestKey,
  STATE_TIMES_KEY,
  sinceKey,
  TOMBSTONES_KEY,
  UNATTENDED_KEY,
  UNWARNED_KEY,
} from '../../src/store/keys.js';
import { createRedisStore } from '../../src/store/redis-store.js';
import type { IdentifiedRequest, NodeStore, TransitionRequest } from '../../src/store/store.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

export const RETENTION = { historyEntries: 200, eventEntries: 10_000 };

export interface StoreFixture {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly store: NodeStore;
  /** Milliseconds since 1970; tests move it. */
  now: number;
}

/** Starts Redis for the file and gives each test an empty one; afterwards the indexes must agree with the records. */
export function useStore({ sound = true }: { readonly sound?: boolean } = {}): StoreFixture {
  let server: TestRedis;
  let redis: Redis;
  let store: NodeStore;
  const fixture = {
    now: 0,
    get server() {
      return server;
    },
    get redis() {
      return redis;
    },
    get store() {
      return store;
    },
  };

  beforeAll(async () => {
    server = await startTestRedis();
    redis = new Redis(server.socket);
  });
  beforeEach(async () => {
    await redis.flushall();
    fixture.now = 1_700_000_000_000;
    store = createRedisStore({ redis, retention: RETENTION, clock: () => fixture.now });
  });
  afterEach(async () => {
    await store.close();
    await expect.poll(() => connections(redis)).toBe(1);
    if (sound) await expectSoundKeys(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  return fixture;
}

async function connections(redis: Redis): Promise<number> {
  return String(await redis.client('LIST'))
    .trim()
    .split('\n').length;
}

let made = 0;
export function nodeRequest(overrides: Partial<IdentifiedRequest> = {}): IdentifiedRequest {
  made += 1;
  return {
    id: `n${made}`,
    group: 'web',
    role: 'edge',
    stack: 'local-node',
    inputs: { size: 1 },
    ...overrides,
  };
}

export const failureOf = (operation: Failure['operation']): Omit<Failure, 'at'> => ({
  operation,
  code: 'NETWORK',
  message: 'connection reset',
  diagnostics: [],
  retryable: true,
  attempts: 1,
});

const HOLDER = 'a-run';

/** Begins and gives the lease back, so that the next operation of a test is not refused for it. */
async function begin(store: NodeStore, id: string, operation: Operation): Promise<number> {
  const begun = await store.begin(id, { operation, holder: HOLDER, leaseMs: 1_000 });
  if ('refused' in begun) throw new Error(`begin of ${operation}: ${begun.refused}`);
  await store.release(id, { epoch: begun.epoch, holder: HOLDER });
  return begun.epoch;
}

async function move(store: NodeStore, id: string, request: TransitionRequest): Promise<void> {
  const moved = await store.transition(id, request);
  if ('refused' in moved) throw new Error(`transition to ${request.to}: ${moved.refused}`);
}

/** Where a FAILED node failed; every other state has one history only. */
export type Standing = NodeState | 'FAILED create' | 'FAILED destroy' | 'FAILED health';

/** Makes a node and leads it to where a test needs it, by the moves that the lifecycle has for it. */
export async function nodeAt(
  store: NodeStore,
  standing: Standing,
  overrides: Partial<IdentifiedRequest> = {},
): Promise<NodeRecord> {
  const { node } = await store.create(nodeRequest(overrides), { actor: 'producer' });
  const { id } = node;
  let epoch = 0;
  const steps: Readonly<Record<string, () => Promise<void>>> = {
    CREATING: async () => {
      epoch = await begin(store, id, 'create');
    },
    'FAILED create': () =>
      move(store, id, { to: 'FAILED', actor: 'terraform', epoch, failure: failureOf('create') }),
    CREATED: () => move(store, id, { to: 'CREATED', actor: 'terraform', epoch, outputs: { port: 80 } }),
    STARTED: () => move(store, id, { to: 'STARTED', actor: 'node' }),
    INSERVICE: () => move(store, id, { to: 'INSERVICE', actor: 'node' }),
    'FAILED health': () =>
      move(store, id, { to: 'FAILED', actor: 'reconciler', failure: failureOf('health') }),
    SOFT_SUNSET: () => move(store, id, { to: 'SOFT_SUNSET', actor: 'operator' }),
    HARD_SUNSET: () => move(store, id, { to: 'HARD_SUNSET', actor: 'autoscaler' }),
    DESTRUCTION_REQUESTED: () => move(store, id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' }),
    DESTROYING: async () => {
      epoch = await begin(store, id, 'destroy');
    },
    'FAILED destroy': () =>
      move(store, id, { to: 'FAILED', actor: 'terraform', epoch, failure: failureOf('destroy') }),
    DESTROYED: () => move(store, id, { to: 'DESTROYED', actor: 'terraform', epoch }),
  };
  const goal = standing === 'FAILED' ? 'FAILED create' : standing;
  if (goal !== 'REQUESTED') {
    for (const [name, step] of Object.entries(steps)) {
      if (name.startsWith('FAILED') && name !== goal) continue;
      await step();
      if (name === goal) break;
    }
  }
  const arrived = await store.get(id);
  if (arrived === undefined) throw new Error(`no node ${id}`);
  return arrived;
}

/** Every key is one that a record accounts for, and every record is in exactly its indexes. */
export async function expectSoundKeys(redis: Redis): Promise<void> {
  const expected = new Map<string, string[]>();
  const expectIn = (key: string, id: string): void =>
    void expected.set(key, [...(expected.get(key) ?? []), id]);
  const plain = new Set([
    '{nodeyard}:fleet',
    '{nodeyard}:sequence',
    '{nodeyard}:events',
    LISTENING_KEY,
    LOOKS_KEY,
  ]);
  const keys = await redis.keys('*');

  for (const key of keys.filter((each) => each.startsWith(nodeKey('')))) {
    const node = await redis.hgetall(key);
    const { id = '', group, role, requestId } = node;
    const state = node.state as NodeState;
    plain.add(key).add(historyKey(id));
    if (requestId !== undefined) plain.add(requestKey(requestId));
    for (const each of [undefined, state])
      for (const part of [{}, { group }, { role }, { group, role }])
        expectIn(indexKey({ ...part, state: each }), id);
    const driven = DRIVEN_STATES.some((each) => each === state) || node.retryRequested === '1';
    if (driven) expectIn(UNATTENDED_KEY, id);
    if (state === 'DESTROYED') expectIn(TOMBSTONES_KEY, id);
    else expectIn(sinceKey(state), id);
    const expires = node.expiresAt !== undefined && node.doomed !== '1';
    if (expires) expectIn(EXPIRIES_KEY, id);
    if (expires && node.expiryWarned !== '1') expectIn(UNWARNED_KEY, id);
    if (state === 'FAILED' && node.doomed === '1') expectIn(FAILED_DESTROYS_KEY, id);
    if (node.destroyFailedAt !== undefined) expectIn(FAILED_DESTROYS_SINCE_KEY, id);
    if (state === 'DESTROYED') continue;
    const heartbeat = await redis.hgetall(`${HEARTBEAT_KEY_PREFIX}${id}`);
    plain.add(`${HEARTBEAT_KEY_PREFIX}${id}`);
    const watched = WATCHED_STATES.some((each) => each === state) && heartbeat.limitMs !== undefined;
    if (watched) expectIn(WATCHED_KEY, id);
    plain.add(commandsKey(id)).add(waitingKey(id));
    for (const number of await redis.zrange(waitingKey(id), 0, '-1'))
      expectIn(EXPIRING_COMMANDS_KEY, `${id}:${number}`);
    const loads = `${LOAD_KEY_PREFIX}${group}:${role}`;
    if (state === 'INSERVICE' && (await redis.zscore(loads, id)) !== null) expectIn(loads, id);
  }

  plain.add(STATE_TIMES_KEY);
  expect(keys.filter((key) => !plain.has(key)).sort()).toEqual([...expected.keys()].sort());
  for (const [key, ids] of expected)
    expect((await redis.zrange(key, 0, '-1')).sort(), key).toEqual(ids.sort());
}
