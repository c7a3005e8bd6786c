/** Routing on a real Redis: what is answered, and what never is. */
import { beforeEach, describe, expect, test } from 'vitest';
import { type GroupConfigInput, groupConfigSchema } from '../../src/groups/config.js';
import { createRedisGroups } from '../../src/groups/redis-groups.js';
import type { Heartbeats } from '../../src/heartbeat/heartbeats.js';
import { heartbeatKey } from '../../src/heartbeat/keys.js';
import type { Load } from '../../src/heartbeat/load.js';
import { createRedisHeartbeats } from '../../src/heartbeat/redis-heartbeats.js';
import { NODE_STATES } from '../../src/node/lifecycle.js';
import { createRedisRouting } from '../../src/routing/redis-routing.js';
import type { Routing } from '../../src/routing/routing.js';
import { nodeAt, useStore } from '../store/support.js';

const fixture = useStore({ sound: false });
const SILENCE_MS = 60_000;

let routing: Routing;
let heartbeats: Heartbeats;
let elapsed: number;
beforeEach(() => {
  elapsed = 0;
  routing = another();
  heartbeats = createRedisHeartbeats({ redis: fixture.redis, clock: () => fixture.now });
});
/** Another process. */
const another = (): Routing => {
  const clock = () => fixture.now;
  const groups = createRedisGroups({ redis: fixture.redis, clock });
  return createRedisRouting({
    redis: fixture.redis,
    groups,
    clock,
    monotonic: () => elapsed,
    random: () => 0.5,
  });
};
/** Both clocks. */
const passes = (ms: number): void => {
  fixture.now += ms;
  elapsed += ms;
};

type Role = GroupConfigInput['roles'][string];
const configure = async (role: Partial<Role> = {}): Promise<void> => {
  const wish = { name: 'media', stack: 'local-node', roles: { edge: { max: 5, ...role } } };
  const put = await createRedisGroups({ redis: fixture.redis, clock: () => fixture.now }).put(
    groupConfigSchema.parse(wish),
  );
  if ('refused' in put) throw new Error(put.refused);
};
const at = (id: string, standing: Parameters<typeof nodeAt>[1] = 'INSERVICE') =>
  nodeAt(fixture.store, standing, { id, group: 'media', role: 'edge' });
const says = (id: string, load: Load) => heartbeats.beat(id, { load, silenceMs: SILENCE_MS });
const serving = async (id: string, connections: number): Promise<void> => {
  await at(id);
  await says(id, { connections });
};
const asked = async (count = 1, by = routing): Promise<string[]> =>
  (await by.route('media', 'edge', count)).nodes.map(({ id }) => id);
const counted = async (times: number, by = routing): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (let time = 0; time < times; time += 1) {
    const [id = 'nobody'] = await asked(1, by);
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
};

describe('the answer', () => {
  test('names the least loaded nodes first, with what is needed to reach them', async () => {
    await configure();
    await serving('a', 30);
    await serving('b', 10);
    await serving('c', 20);
    const { nodes, ...rest } = await routing.route('media', 'edge', 2);
    expect(rest).toEqual({ group: 'media', role: 'edge' });
    const { outputs = {} } = (await fixture.store.get('b')) ?? {};
    expect(nodes[0]).toEqual({
      id: 'b',
      outputs,
      ranking: 10,
      load: { connections: 10 },
      heardAt: fixture.now,
      isSilent: false,
    });
    expect(nodes.map(({ id }) => id)).toEqual(['b', 'c']);
  });

  test.each(NODE_STATES.filter((state) => state !== 'INSERVICE'))(
    'never names a node that is %s',
    async (state) => {
      await at('a', state);
      expect(await routing.route('media', 'edge', 1)).toMatchObject({ nodes: [] });
    },
  );

  test('follows the ranking of the role, and its own numbers', async () => {
    await configure({ capacityRanking: 'cpu + connections / 100' });
    await at('a');
    await says('a', { connections: 100, metrics: { cpu: 0.2 } });
    await at('b');
    await says('b', { connections: 1, metrics: { cpu: 0.9 } });
    const { nodes } = await routing.route('media', 'edge', 2);
    expect(nodes.map(({ id, ranking }) => [id, ranking])).toEqual([
      ['b', 0.91],
      ['a', 1.2],
    ]);
  });

  test.each([
    ['a number', { capacityLimit: 100 }],
    ['a measure of the node', { capacityLimit: 'seats * 2' }],
  ])('skips nodes at their limit, which is %s', async (_, role) => {
    await configure(role);
    for (const [id, connections] of [
      ['full', 100],
      ['fuller', 250],
      ['almost', 98],
    ] as const) {
      await at(id);
      await says(id, { connections, metrics: { seats: 50 } });
    }
    const { nodes, why } = await routing.route('media', 'edge', 3);
    expect(nodes.map(({ id }) => id)).toEqual(['almost']);
    expect(why).toBe('2 of 3 in service are at the limit');
    // What was handed out counts: the next one would be the hundredth.
    expect([await asked(), await asked()]).toEqual([['almost'], []]);
    expect((await routing.route('media', 'edge', 1)).why).toBe('3 of 3 in service are at the limit');
  });

  test('puts a node that has never reported a load behind all that have, and one that is silent behind it', async () => {
    await configure();
    await serving('silent', 0);
    await at('new');
    passes(SILENCE_MS / 2 + 1);
    await serving('busy', 500);
    const { nodes } = await routing.route('media', 'edge', 3);
    expect(nodes.map(({ id, isSilent, ranking }) => [id, isSilent, ranking])).toEqual([
      ['busy', false, 500],
      ['new', false, null],
      ['silent', true, 0],
    ]);
  });

  test('notices a node that has fallen silent since the order was made', async () => {
    await configure();
    await serving('a', 0);
    await serving('b', 5);
    expect(await asked()).toEqual(['a']);
    fixture.now += SILENCE_MS / 2 + 1;
    await says('b', { connections: 5 });
    expect(await asked()).toEqual(['b']);
    expect((await routing.route('media', 'edge', 2)).nodes.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  test('says why there is none: nothing in service, a group that is being deleted', async () => {
    await configure();
    expect(await routing.route('media', 'edge', 1)).toEqual({
      group: 'media',
      role: 'edge',
      nodes: [],
      why: 'no node of the role is in service',
    });
    await serving('a', 0);
    passes(200);
    expect(await routing.route('media', 'edge', 2)).toMatchObject({
      why: 'there are no more than 1 in service',
    });
    await createRedisGroups({ redis: fixture.redis, clock: () => fixture.now }).delete('media');
    passes(1_001);
    expect(await routing.route('media', 'edge', 1)).toMatchObject({
      nodes: [],
      why: 'the group is being deleted',
    });
  });

  test('is there for nodes that no configuration speaks of, and for nothing else', async () => {
    await expect(routing.route('media', 'edge', 1)).rejects.toMatchObject({
      code: 'UNKNOWN_GROUP',
      field: 'group',
    });
    await serving('a', 3);
    expect(await asked()).toEqual(['a']);
    await configure();
    await expect(routing.route('media', 'hedge', 1)).rejects.toMatchObject({
      code: 'UNKNOWN_GROUP',
      field: 'role',
    });
    for (const count of [0, 101, 1.5])
      await expect(routing.route('media', 'edge', count)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('leaves out what a broken heartbeat says, not its node', async () => {
    await configure();
    await serving('a', 3);
    await serving('b', 900);
    await fixture.redis.hset(heartbeatKey('a'), 'load', '{"connections":');
    expect((await routing.route('media', 'edge', 2)).nodes.map(({ id, ranking }) => [id, ranking])).toEqual([
      ['b', 900],
      ['a', null],
    ]);
  });
});

describe('many who ask between two heartbeats', () => {
  test('get nodes as if each client that was handed out had come', async () => {
    await configure();
    await serving('a', 0);
    await serving('b', 10);
    await serving('c', 20);
    expect(await counted(60)).toEqual({ a: 30, b: 20, c: 10 });
  });

  test('get different nodes also where the ranking does not count clients', async () => {
    await configure({ capacityRanking: 'cpu' });
    for (const [id, cpu] of [
      ['a', 10],
      ['b', 20],
      ['c', 30],
      ['d', 90],
    ] as const) {
      await at(id);
      await says(id, { connections: 0, metrics: { cpu } });
    }
    const counts = await counted(8);
    expect(counts).toEqual({ a: 3, b: 3, c: 2 });
  });

  test('meet what was handed out until the node has spoken after it, and not for ever', async () => {
    await configure();
    await serving('a', 0);
    await serving('b', 3);
    expect(await counted(3)).toEqual({ a: 3 });
    passes(2_000);
    await says('a', { connections: 1 });
    await says('b', { connections: 3 });
    // Two of the three never came.
    expect(await counted(2)).toEqual({ a: 2 });
    passes(31_000);
    expect(await counted(2)).toEqual({ a: 2 });
  });

  test('find a new node within a second, and at once where there was none', async () => {
    await configure();
    await serving('a', 100);
    expect(await asked()).toEqual(['a']);
    await serving('b', 0);
    passes(1_000);
    expect(await asked()).toEqual(['b']);
    await fixture.store.transition('a', { to: 'SOFT_SUNSET', actor: 'operator' });
    await fixture.store.transition('b', { to: 'SOFT_SUNSET', actor: 'operator' });
    passes(150);
    expect(await asked()).toEqual([]);
    await serving('c', 0);
    passes(150);
    expect(await asked()).toEqual(['c']);
  });
});

test('a node that leaves is not answered from the moment that the store says so, whoever asks and however often', async () => {
  await configure({ max: 100 });
  for (let number = 0; number < 40; number += 1) await serving(`n${number}`, number);
  const left = new Set<string>();
  const processes = [another(), another(), another()];
  let isOver = false;
  let answers = 0;
  const ask = async (process: Routing): Promise<void> => {
    while (!isOver) {
      const gone = new Set(left);
      const { nodes } = await process.route('media', 'edge', 3);
      expect(nodes.map(({ id }) => id).filter((id) => gone.has(id))).toEqual([]);
      expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
      answers += 1;
    }
  };
  const asking = processes.map(ask);
  const drain = async (): Promise<void> => {
    for (let number = 0; number < 40; number += 1) {
      const id = `n${number}`;
      const moved = await fixture.store.transition(id, {
        to: number % 2 === 0 ? 'SOFT_SUNSET' : 'DESTRUCTION_REQUESTED',
        actor: 'operator',
      });
      if ('refused' in moved) throw new Error(moved.refused);
      left.add(id);
      if (number % 5 === 0) elapsed += 1_000;
    }
  };
  await drain();
  isOver = true;
  await Promise.all(asking);
  expect(answers).toBeGreaterThan(10);
  for (const process of processes) expect(await asked(3, process)).toEqual([]);
});
