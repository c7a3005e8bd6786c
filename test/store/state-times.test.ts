import { describe, expect, it } from 'vitest';
import { STATE_TIMES_KEY } from '../../src/store/keys.js';
import { decodeStateTimes, STATE_TIME_BOUNDS_MS } from '../../src/store/state-times.js';
import { nodeAt, nodeRequest, useStore } from './support.js';

const fixture = useStore();
const MINUTE = 60_000;

describe('the time in a state', () => {
  it('is counted once, when the node leaves it, whoever moves it', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'REQUESTED');
    expect(await store.stateTimes()).toEqual({});
    fixture.now += 3_000;
    await store.begin(id, { operation: 'create', holder: 'run', leaseMs: 1_000 });
    fixture.now += 10 * MINUTE;
    await store.transition(id, { to: 'CREATED', actor: 'terraform', epoch: 1 });
    const { REQUESTED, CREATING, CREATED } = await store.stateTimes();
    expect(REQUESTED).toMatchObject({ count: 1, sumMs: 3_000 });
    expect(CREATING).toMatchObject({ count: 1, sumMs: 10 * MINUTE });
    expect(CREATED).toBeUndefined();
    const within = (ms: number) => CREATING?.within[STATE_TIME_BOUNDS_MS.indexOf(ms)];
    expect([within(5 * MINUTE), within(10 * MINUTE), within(30 * MINUTE)]).toEqual([0, 1, 1]);
  });

  it('is not counted for what changes no state: a takeover, a refusal, a repetition', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'CREATING');
    const before = await store.stateTimes();
    fixture.now += MINUTE;
    await store.begin(id, { operation: 'create', holder: 'next', leaseMs: 1_000 });
    await store.transition(id, { to: 'CREATED', actor: 'terraform', epoch: 1 });
    await store.transition(id, { to: 'STARTED', actor: 'node' });
    expect(await store.stateTimes()).toEqual(before);
  });

  it('is counted from the change of state, over every takeover', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'CREATING');
    fixture.now += MINUTE;
    await store.begin(id, { operation: 'create', holder: 'next', leaseMs: 1_000 });
    fixture.now += MINUTE;
    await store.transition(id, { to: 'CREATED', actor: 'terraform', epoch: 2 });
    expect((await store.stateTimes()).CREATING).toMatchObject({ count: 1, sumMs: 2 * MINUTE });
  });

  it('longer than every bound is counted besides', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'INSERVICE');
    fixture.now += 400 * 24 * 60 * MINUTE;
    await store.transition(id, { to: 'SOFT_SUNSET', actor: 'operator' });
    const { INSERVICE } = await store.stateTimes();
    expect(INSERVICE?.count).toBe(1);
    expect(new Set(INSERVICE?.within)).toEqual(new Set([0]));
  });

  it('keeps no node from moving where it cannot be counted', async () => {
    const { store, redis } = fixture;
    await redis.set(STATE_TIMES_KEY, 'of another kind');
    const { node } = await store.create(nodeRequest(), { actor: 'producer' });
    expect(await store.begin(node.id, { operation: 'create', holder: 'run', leaseMs: 1 })).toMatchObject({
      epoch: 1,
    });
    await redis.del(STATE_TIMES_KEY);
  });

  it('that was counted by other bounds keeps its own', () => {
    const { CREATING } = decodeStateTimes({
      'CREATING:7000': '2',
      'CREATING:beyond': '1',
      'CREATING:sum': '9',
    });
    const within = (ms: number) => CREATING?.within[STATE_TIME_BOUNDS_MS.indexOf(ms)];
    expect([CREATING?.count, within(5_000), within(15_000)]).toEqual([3, 0, 2]);
  });
});

describe('the ages of nodes', () => {
  it('are those of the time in their state, of every state that is not the end', async () => {
    const { store } = fixture;
    await nodeAt(store, 'CREATED');
    await nodeAt(store, 'DESTROYED');
    fixture.now += MINUTE;
    await nodeAt(store, 'CREATED');
    const ages = await store.ages([MINUTE - 1, MINUTE]);
    expect(ages.get('CREATED')).toEqual({ oldestMs: MINUTE, older: [1, 0] });
    expect(ages.get('FAILED')).toEqual({ oldestMs: 0, older: [0, 0] });
    expect(ages.has('DESTROYED')).toBe(false);
  });
});
