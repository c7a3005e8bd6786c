/** Heartbeats on a real Redis, beside the store that moves the nodes, by one clock that the test moves. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Heartbeats } from '../../src/heartbeat/heartbeats.js';
import { createRedisHeartbeats } from '../../src/heartbeat/redis-heartbeats.js';
import { LOAD_KEY_PREFIX, nodeKey, WATCHED_KEY } from '../../src/node/keys.js';
import { failureOf, nodeAt, type Standing, useStore } from '../store/support.js';

const fixture = useStore();
const MINUTE = 60_000;
const GAP_MS = 6_000;

let heartbeats: Heartbeats;
beforeEach(() => {
  heartbeats = createRedisHeartbeats({ redis: fixture.redis, clock: () => fixture.now });
});

const beat = (id: string, load = {}) => heartbeats.beat(id, { load, silenceMs: MINUTE });
/** Time in which heartbeats can be received. */
async function listen(ms: number): Promise<void> {
  await heartbeats.listening(GAP_MS);
  for (let left = ms; left > 0; left -= 2_000) {
    fixture.now += Math.min(left, 2_000);
    await heartbeats.listening(GAP_MS);
  }
}
const silentIds = async () => (await heartbeats.silent(100)).nodes.map(({ nodeId }) => nodeId);
const watchedIds = () => fixture.redis.zrange(WATCHED_KEY, 0, '-1');

describe('a heartbeat', () => {
  it('is kept with its load, replaced by the next one, and told with its time', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await beat(id, { connections: 7, publishers: 1, subscribers: 6, metrics: { 'cpu.load': 0.5 } });
    expect(await heartbeats.get(id)).toEqual({
      lastSeenAt: fixture.now,
      load: { connections: 7, publishers: 1, subscribers: 6, metrics: { 'cpu.load': 0.5 } },
    });
    fixture.now += 10_000;
    await beat(id, { connections: 3 });
    expect(await heartbeats.get(id)).toEqual({ lastSeenAt: fixture.now, load: { connections: 3 } });
  });

  it('says where the node stands, with its epoch', async () => {
    const node = await nodeAt(fixture.store, 'STARTED');
    expect(await beat(node.id)).toEqual({
      standing: { state: 'STARTED', epoch: node.epoch, configures: true },
    });
  });

  it('says of a failed node why it failed, and from where', async () => {
    const { id, epoch } = await nodeAt(fixture.store, 'SOFT_SUNSET');
    const failure = { ...failureOf('health'), code: 'HEARTBEAT_LOST' } as const;
    await fixture.store.transition(id, { to: 'FAILED', actor: 'reconciler', failure });
    expect(await beat(id)).toEqual({
      standing: {
        state: 'FAILED',
        epoch,
        configures: true,
        failure: { code: 'HEARTBEAT_LOST', from: 'SOFT_SUNSET' },
      },
    });
  });

  it('leaves no line in the history and none in the stream', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    const before = [await fixture.store.history(id), await fixture.store.latestPosition()];
    await beat(id);
    expect([await fixture.store.history(id), await fixture.store.latestPosition()]).toEqual(before);
  });

  it.each<Standing>(['CREATED', 'STARTED', 'INSERVICE', 'SOFT_SUNSET', 'HARD_SUNSET', 'FAILED'])(
    'is taken from a node that is %s',
    async (state) => {
      const { id } = await nodeAt(fixture.store, state);
      expect(await beat(id)).toMatchObject({ standing: { state } });
    },
  );

  it.each<Standing>(['REQUESTED', 'CREATING', 'DESTRUCTION_REQUESTED', 'DESTROYING', 'DESTROYED'])(
    'is refused from a node that is %s, and leaves nothing',
    async (state) => {
      const { id } = await nodeAt(fixture.store, state);
      expect(await beat(id)).toEqual({ refused: 'wrong-state', state });
      expect(await heartbeats.get(id)).toBeUndefined();
    },
  );

  it('is refused from a node that nobody knows, and makes none', async () => {
    expect(await beat('nobody')).toEqual({ refused: 'unknown-node' });
    expect(await fixture.redis.keys('*')).toEqual([]);
  });

  it.each([
    ['a negative count', { connections: -1 }, 'load.connections'],
    ['half a connection', { subscribers: 0.5 }, 'load.subscribers'],
    ['no number', { metrics: { cpu: Number.NaN } }, 'load.metrics.cpu'],
    ['an endless number', { metrics: { cpu: Number.POSITIVE_INFINITY } }, 'load.metrics.cpu'],
    ['a name that is none', { metrics: { 'Cpu Load': 1 } }, 'load.metrics.Cpu Load'],
    [
      '33 metrics',
      { metrics: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`m${i}`, i])) },
      'load.metrics',
    ],
    ['an unknown field', { clients: 1 }, 'load.clients'],
  ])('with %s is refused', async (_what, load, field) => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await expect(beat(id, load)).rejects.toMatchObject({ code: 'INVALID_INPUT', field });
    expect(await heartbeats.get(id)).toBeUndefined();
  });

  it('of a record that is not whole is refused before anything is written', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    const role = await fixture.redis.hget(nodeKey(id), 'role');
    await fixture.redis.hdel(nodeKey(id), 'role');
    await expect(beat(id)).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' });
    expect(await heartbeats.get(id)).toBeUndefined();
    await fixture.redis.hset(nodeKey(id), 'role', String(role));
  });
});

describe('the load of a node', () => {
  const place = { group: 'web', role: 'edge' };
  const loads = async () =>
    fixture.redis.zrange(`${LOAD_KEY_PREFIX}${place.group}:${place.role}`, 0, '-1', 'WITHSCORES');

  it('ranks the nodes in service by their connections', async () => {
    const [busy, idle] = [
      await nodeAt(fixture.store, 'INSERVICE', place),
      await nodeAt(fixture.store, 'INSERVICE', place),
    ];
    await beat(busy.id, { connections: 20 });
    await beat(idle.id, { connections: 2 });
    expect(await loads()).toEqual([idle.id, '2', busy.id, '20']);
    await beat(idle.id, { connections: 30 });
    expect(await loads()).toEqual([busy.id, '20', idle.id, '30']);
  });

  it('does not count before the node is in service, nor from the moment on that it is not any more', async () => {
    const { id } = await nodeAt(fixture.store, 'STARTED', place);
    await beat(id, { connections: 2 });
    expect(await loads()).toEqual([]);
    await fixture.store.transition(id, { to: 'INSERVICE', actor: 'node' });
    await beat(id, { connections: 2 });
    expect(await loads()).toEqual([id, '2']);
    await fixture.store.transition(id, { to: 'SOFT_SUNSET', actor: 'operator' });
    expect(await loads()).toEqual([]);
    await beat(id, { connections: 1 });
    expect(await loads()).toEqual([]);
  });

  it('that a node does not tell any more does not count any more', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE', place);
    await beat(id, { connections: 2 });
    await beat(id, {});
    expect(await loads()).toEqual([]);
  });
});

describe('silence', () => {
  it('counts from the last heartbeat to the limit, and ends with the next', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await heartbeats.listening(GAP_MS);
    await beat(id);
    const lastSeenAt = fixture.now;
    await listen(MINUTE - 1);
    expect(await heartbeats.silent(100)).toEqual({ watched: 1, late: 0, nodes: [] });
    await listen(1);
    expect(await heartbeats.silent(100)).toEqual({
      watched: 1,
      late: 1,
      nodes: [{ nodeId: id, silentMs: MINUTE, limitMs: MINUTE, lastSeenAt }],
    });
    await beat(id);
    expect(await silentIds()).toEqual([]);
  });

  it('of a node that was never expected to speak and never did is no silence', async () => {
    await nodeAt(fixture.store, 'CREATED');
    await listen(1_000_000);
    expect(await heartbeats.silent(100)).toEqual({ watched: 0, late: 0, nodes: [] });
  });

  it('of a node that should speak counts from CREATED on, with the longer limit of a start', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATING');
    await heartbeats.expect(id, { startMs: 10 * MINUTE, configures: true });
    await listen(20 * MINUTE);
    expect(await silentIds()).toEqual([]);
    await fixture.store.transition(id, { to: 'CREATED', actor: 'terraform', epoch: 1 });
    await listen(10 * MINUTE - 1);
    expect(await silentIds()).toEqual([]);
    await listen(1);
    expect((await heartbeats.silent(100)).nodes).toEqual([
      { nodeId: id, silentMs: 10 * MINUTE, limitMs: 10 * MINUTE },
    ]);
    expect(await heartbeats.get(id)).toEqual({ load: {} });
  });

  it('has the limit that the stack promised, from the first heartbeat on', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATING');
    await heartbeats.expect(id, { startMs: 10 * MINUTE, silenceMs: 5 * MINUTE, configures: false });
    await fixture.store.transition(id, { to: 'CREATED', actor: 'terraform', epoch: 1 });
    await heartbeats.listening(GAP_MS);
    expect(await beat(id)).toMatchObject({ standing: { configures: false } });
    await listen(5 * MINUTE - 1);
    expect(await silentIds()).toEqual([]);
    await listen(1);
    expect(await silentIds()).toEqual([id]);
  });

  it('is not waited for where a later run promises nothing', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATING');
    await heartbeats.expect(id, { startMs: MINUTE, configures: true });
    await heartbeats.expect(id, undefined);
    await fixture.store.transition(id, { to: 'CREATED', actor: 'terraform', epoch: 1 });
    await listen(10 * MINUTE);
    expect(await silentIds()).toEqual([]);
  });

  it('does not count while a node is driven out or FAILED, and begins anew when it is put back to work', async () => {
    const { store } = fixture;
    const leaving = await nodeAt(store, 'SOFT_SUNSET');
    const failed = await nodeAt(store, 'INSERVICE');
    await heartbeats.listening(GAP_MS);
    await beat(leaving.id);
    await beat(failed.id);
    await store.transition(leaving.id, { to: 'HARD_SUNSET', actor: 'autoscaler' });
    await store.transition(failed.id, {
      to: 'FAILED',
      actor: 'reconciler',
      failure: failureOf('health'),
    });
    await listen(10 * MINUTE);
    expect(await silentIds()).toEqual([]);
    await store.transition(failed.id, { to: 'INSERVICE', actor: 'operator' });
    await listen(MINUTE - 1);
    expect(await silentIds()).toEqual([]);
    await listen(1);
    expect(await silentIds()).toEqual([failed.id]);
  });

  it('begins anew for everybody after time in which nothing could be received', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await heartbeats.listening(GAP_MS);
    await beat(id);
    await listen(MINUTE / 2);
    // Nobody listens for an hour: neither that hour counts, nor the half minute before it.
    fixture.now += 60 * MINUTE;
    expect(await silentIds()).toEqual([]);
    await listen(MINUTE - 1);
    expect(await silentIds()).toEqual([]);
    await listen(1);
    expect(await silentIds()).toEqual([id]);
  });

  it('is not made by a look that comes late: its clock is that of the last moment of listening', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await heartbeats.listening(GAP_MS);
    await beat(id);
    await listen(10_000);
    fixture.now += 60 * MINUTE;
    expect(await silentIds()).toEqual([]);
  });

  it('is told of nobody where nobody has ever listened', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await beat(id);
    fixture.now += 60 * MINUTE;
    expect(await heartbeats.silent(100)).toEqual({ watched: 1, late: 0, nodes: [] });
  });

  it('survives a clock of Redis that goes back, and one that jumps ahead', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await heartbeats.listening(GAP_MS);
    await beat(id);
    fixture.now -= 10 * MINUTE;
    await listen(10_000);
    expect(await silentIds()).toEqual([]);
    fixture.now += 60 * MINUTE;
    await listen(10_000);
    expect(await silentIds()).toEqual([]);
  });

  it('is told in batches, the longest late first, with how many there are', async () => {
    const ids: string[] = [];
    await heartbeats.listening(GAP_MS);
    for (let i = 0; i < 3; i += 1) {
      const { id } = await nodeAt(fixture.store, 'INSERVICE');
      await beat(id);
      ids.push(id);
      await listen(1_000);
    }
    await listen(2 * MINUTE);
    const { watched, late, nodes } = await heartbeats.silent(2);
    expect({ watched, late }).toEqual({ watched: 3, late: 3 });
    expect(nodes.map(({ nodeId }) => nodeId)).toEqual(ids.slice(0, 2));
  });
});

describe('the end of a node', () => {
  it('is the end of what is kept of it', async () => {
    const { id, epoch } = await nodeAt(fixture.store, 'INSERVICE');
    await beat(id, { connections: 4 });
    expect(await watchedIds()).toEqual([id]);
    const { store } = fixture;
    await store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    expect(await watchedIds()).toEqual([]);
    expect(await heartbeats.get(id)).toMatchObject({ load: { connections: 4 } });
    const begun = await store.begin(id, { operation: 'destroy', holder: 'run', leaseMs: 1_000 });
    expect(begun).toMatchObject({ epoch: epoch + 1 });
    await store.transition(id, { to: 'DESTROYED', actor: 'terraform', epoch: epoch + 1 });
    expect(await heartbeats.get(id)).toBeUndefined();
    await heartbeats.expect(id, { startMs: MINUTE, configures: true });
    expect(await heartbeats.get(id)).toBeUndefined();
  });
});

it('tells of many nodes at once, in their order', async () => {
  const [one, two] = [await nodeAt(fixture.store, 'INSERVICE'), await nodeAt(fixture.store, 'INSERVICE')];
  await beat(two.id, { connections: 1 });
  expect(await heartbeats.getAll([one.id, two.id, 'nobody'])).toEqual([
    undefined,
    { lastSeenAt: fixture.now, load: { connections: 1 } },
    undefined,
  ]);
});
