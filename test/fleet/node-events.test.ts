/** What events of nodes do, on a real Redis. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type NodeEventParts, takeNodeEvent } from '../../src/fleet/node-events.js';
import { createRedisHeartbeats } from '../../src/heartbeat/redis-heartbeats.js';
import { failureOf, nodeAt, useStore } from '../store/support.js';

const fixture = useStore();
let parts: NodeEventParts;
const open = (settings = {}): NodeEventParts => ({
  heartbeats: createRedisHeartbeats({ redis: fixture.redis, clock: () => fixture.now }),
  store: fixture.store,
  settings: { silenceMs: 60_000, reinstate: true, ...settings },
});
beforeEach(() => {
  parts = open();
});

const say = (id: string, configured = false, load = {}) => takeNodeEvent(parts, id, { load, configured });
const moves = async (id: string) =>
  (await fixture.store.history(id))
    .filter(({ actor }) => actor === 'node')
    .map(({ from, to, reason }) => `${from} ${to}: ${reason}`);
const lose = (id: string, code: 'HEARTBEAT_LOST' | 'VANISHED' = 'HEARTBEAT_LOST') =>
  fixture.store.transition(id, {
    to: 'FAILED',
    actor: 'reconciler',
    failure: { ...failureOf('health'), code },
  });

describe('the event of a node', () => {
  it('starts it, and takes it into service once it says that it is configured', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATED');
    expect(await say(id)).toBe('STARTED');
    expect(await say(id)).toBe('STARTED');
    expect(await say(id, true)).toBe('INSERVICE');
    expect(await moves(id)).toEqual(['CREATED STARTED: its first event', 'STARTED INSERVICE: configured']);
  });

  it('takes it all the way where its first one says that it is configured', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATED');
    expect(await say(id, true)).toBe('INSERVICE');
    expect(await moves(id)).toHaveLength(2);
  });

  it('takes it all the way where its stack says that there is nothing to configure', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATING');
    await createRedisHeartbeats({ redis: fixture.redis }).expect(id, { startMs: 1_000, configures: false });
    await fixture.store.transition(id, { to: 'CREATED', actor: 'terraform', epoch: 1 });
    expect(await say(id)).toBe('INSERVICE');
  });

  it('adds nothing to the history of a node in service', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    const before = await fixture.store.history(id);
    for (let i = 0; i < 5; i += 1) expect(await say(id, true, { connections: i })).toBe('INSERVICE');
    expect(await fixture.store.history(id)).toEqual(before);
  });

  it('moves a node once, however many come at the same time', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATED');
    const states = await Promise.all(Array.from({ length: 8 }, () => say(id, true)));
    expect(new Set(states)).toEqual(new Set(['INSERVICE']));
    expect(await moves(id)).toHaveLength(2);
  });

  it.each(['INSERVICE', 'SOFT_SUNSET'] as const)('takes a node that was lost back to %s', async (state) => {
    const { id } = await nodeAt(fixture.store, state);
    await lose(id);
    expect(await say(id)).toBe(state);
    expect(await moves(id)).toContain(`FAILED ${state}: its events have resumed`);
  });

  it('leaves a lost node FAILED where that is wanted', async () => {
    parts = open({ reinstate: false });
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await lose(id);
    expect(await say(id, true)).toBe('FAILED');
  });

  it('leaves a node FAILED that failed by something else', async () => {
    const vanished = await nodeAt(fixture.store, 'INSERVICE');
    await lose(vanished.id, 'VANISHED');
    const create = await nodeAt(fixture.store, 'FAILED create');
    const destroy = await nodeAt(fixture.store, 'FAILED destroy');
    for (const { id } of [vanished, create, destroy]) expect(await say(id, true)).toBe('FAILED');
  });

  it('does not bring back a node whose destruction was asked for while it spoke', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'INSERVICE');
    await lose(id);
    const { beat } = parts.heartbeats;
    const heartbeats = {
      beat: async (...asked: Parameters<typeof beat>) => {
        const answer = await beat(...asked);
        await store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
        return answer;
      },
    };
    expect(await takeNodeEvent({ ...parts, heartbeats }, id, { load: {}, configured: true })).toBe(
      'DESTRUCTION_REQUESTED',
    );
  });

  it('is refused where there is no such node, or where it may not speak', async () => {
    await expect(say('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_NODE' });
    const { id } = await nodeAt(fixture.store, 'CREATING');
    await expect(say(id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });
});
