/** What the reconciler asks for by time: the answers of the indexes, whose soundness is checked after each test. */
import { describe, expect, it } from 'vitest';
import { createRedisStore } from '../../src/store/redis-store.js';
import { failureOf, nodeAt, RETENTION, useStore } from './support.js';

const fixture = useStore();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const idsOf = (nodes: readonly { readonly id: string }[]): string[] => nodes.map(({ id }) => id);
const doom = (id: string) => fixture.store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });

describe('overdue nodes', () => {
  it('are those that are in the state for longer, the longest first', async () => {
    const { store } = fixture;
    const first = await nodeAt(store, 'CREATING');
    fixture.now += MINUTE;
    const second = await nodeAt(store, 'CREATING');
    await nodeAt(store, 'CREATED');
    expect(idsOf(await store.overdue('CREATING', MINUTE, 10))).toEqual([first.id]);
    fixture.now += MINUTE;
    expect(idsOf(await store.overdue('CREATING', MINUTE, 10))).toEqual([first.id, second.id]);
    expect(idsOf(await store.overdue('CREATING', MINUTE, 1))).toEqual([first.id]);
  });

  it('are counted from the last change of state, not from a takeover', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'CREATING');
    fixture.now += HOUR;
    const taken = await store.begin(id, { operation: 'create', holder: 'next', leaseMs: 1_000 });
    expect(taken).toMatchObject({ epoch: 2 });
    await store.release(id, { epoch: 2, holder: 'next' });
    expect(idsOf(await store.overdue('CREATING', HOUR, 10))).toEqual([id]);
    await doom(id);
    expect(await store.overdue('CREATING', 0, 10)).toEqual([]);
    expect(idsOf(await store.overdue('DESTRUCTION_REQUESTED', 0, 10))).toEqual([id]);
  });

  it('never have a live lease, and those that have one hide no other', async () => {
    const { store } = fixture;
    const leased = await nodeAt(store, 'REQUESTED');
    await store.begin(leased.id, { operation: 'create', holder: 'run', leaseMs: 1_000 });
    const dead = await nodeAt(store, 'CREATING');
    expect(idsOf(await store.overdue('CREATING', 0, 1))).toEqual([dead.id]);
    fixture.now += 1_000;
    expect(idsOf(await store.overdue('CREATING', 0, 10))).toEqual([leased.id, dead.id]);
  });
});

describe('the time to live', () => {
  it('has ended for nodes whose destruction nobody has asked for, whatever state they are in', async () => {
    const { store } = fixture;
    const standings = ['REQUESTED', 'CREATING', 'INSERVICE', 'FAILED create', 'FAILED health'] as const;
    const nodes = [];
    for (const standing of standings) nodes.push(await nodeAt(store, standing, { ttl: 60 }));
    for (const standing of ['DESTRUCTION_REQUESTED', 'DESTROYING', 'FAILED destroy', 'DESTROYED'] as const)
      await nodeAt(store, standing, { ttl: 60 });
    await nodeAt(store, 'INSERVICE');
    fixture.now += MINUTE - 1;
    expect(await store.expired(10)).toEqual([]);
    fixture.now += 1;
    expect(idsOf(await store.expired(10)).sort()).toEqual(idsOf(nodes).sort());
  });

  it('is warned of once', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'CREATED', { ttl: 600 });
    fixture.now += 5 * MINUTE - 1;
    expect(await store.expiring(10, 5 * MINUTE)).toEqual([]);
    fixture.now += 1;
    expect(idsOf(await store.expiring(10, 5 * MINUTE))).toEqual([id]);
    const warn = () => store.warnOfExpiry(id, { actor: 'reconciler', reason: 'five minutes left' });
    expect(await Promise.all([warn(), warn()])).toEqual([true, false]);
    expect(await store.expiring(10, 5 * MINUTE)).toEqual([]);
    const history = await store.history(id);
    expect(history.filter(({ reason }) => reason === 'five minutes left')).toHaveLength(1);
  });

  it('is nothing to warn of where there is none, or the destruction has been asked for', async () => {
    const { store } = fixture;
    const without = await nodeAt(store, 'CREATED');
    const doomed = await nodeAt(store, 'DESTRUCTION_REQUESTED', { ttl: 60 });
    for (const id of [without.id, doomed.id, 'nobody'])
      expect(await store.warnOfExpiry(id, { actor: 'reconciler', reason: 'soon' })).toBe(false);
  });
});

describe('failed destroys', () => {
  it('are due after a wait that doubles up to the longest, with their count and the time of the first', async () => {
    const { redis } = fixture;
    const destroyRetry = { firstMs: MINUTE, maxMs: 5 * MINUTE };
    const store = createRedisStore({ redis, retention: RETENTION, clock: () => fixture.now, destroyRetry });
    const { id, since } = await nodeAt(store, 'FAILED destroy');
    for (const [index, wait] of [1, 2, 4, 5, 5].entries()) {
      const failedAt = fixture.now;
      expect((await store.get(id))?.failedDestroys).toEqual({
        count: index + 1,
        since,
        retryAt: failedAt + wait * MINUTE,
      });
      fixture.now += wait * MINUTE - 1;
      expect(await store.destroysToRetry(10)).toEqual([]);
      fixture.now += 1;
      expect(idsOf(await store.destroysToRetry(10))).toEqual([id]);
      await doom(id);
      expect(await store.destroysToRetry(10)).toEqual([]);
      const begun = await store.begin(id, { operation: 'destroy', holder: `run-${index}`, leaseMs: 1 });
      if ('refused' in begun) throw new Error(begun.refused);
      expect(begun.node.failedDestroys).toEqual({ count: index + 1, since });
      const failure = failureOf('destroy');
      await store.transition(id, { to: 'FAILED', actor: 'terraform', epoch: begun.epoch, failure });
    }
    await store.close();
  });

  it('are also those whose time limit ended while they were being destroyed, and no others', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'DESTROYING');
    await store.transition(id, { to: 'FAILED', actor: 'reconciler', failure: failureOf('timeout') });
    await nodeAt(store, 'FAILED create');
    await nodeAt(store, 'FAILED health');
    fixture.now += HOUR;
    expect(idsOf(await store.destroysToRetry(10))).toEqual([id]);
  });

  it('are over with the node', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'FAILED destroy');
    await doom(id);
    const begun = await store.begin(id, { operation: 'destroy', holder: 'run', leaseMs: 1_000 });
    if ('refused' in begun) throw new Error(begun.refused);
    await store.transition(id, { to: 'DESTROYED', actor: 'terraform', epoch: begun.epoch });
    expect((await store.get(id))?.failedDestroys).toBeUndefined();
    fixture.now += HOUR;
    expect(await store.destroysToRetry(10)).toEqual([]);
  });
});

describe('failed destroys as a whole', () => {
  const NONE = { count: 0, oldestMs: 0, mostFailures: 0 };

  it('are counted with the age of the oldest and the most failures, also while they are tried again', async () => {
    const { store } = fixture;
    expect(await store.failedDestroys()).toEqual(NONE);
    const first = await nodeAt(store, 'FAILED destroy');
    fixture.now += HOUR;
    await nodeAt(store, 'FAILED destroy');
    await nodeAt(store, 'FAILED create');
    await nodeAt(store, 'DESTROYING');
    fixture.now += MINUTE;
    expect(await store.failedDestroys()).toEqual({ count: 2, oldestMs: HOUR + MINUTE, mostFailures: 1 });
    await doom(first.id);
    const begun = await store.begin(first.id, { operation: 'destroy', holder: 'run', leaseMs: 1_000 });
    if ('refused' in begun) throw new Error(begun.refused);
    expect(await store.failedDestroys()).toMatchObject({ count: 2, oldestMs: HOUR + MINUTE });
    const failure = failureOf('destroy');
    await store.transition(first.id, { to: 'FAILED', actor: 'terraform', epoch: begun.epoch, failure });
    expect(await store.failedDestroys()).toEqual({ count: 2, oldestMs: HOUR + MINUTE, mostFailures: 2 });
  });

  it('are over when the cloud confirms it, and by nothing else: there is no way back', async () => {
    const { store } = fixture;
    const gone = await nodeAt(store, 'FAILED destroy');
    await doom(gone.id);
    const begun = await store.begin(gone.id, { operation: 'destroy', holder: 'run', leaseMs: 1_000 });
    if ('refused' in begun) throw new Error(begun.refused);
    await store.transition(gone.id, { to: 'DESTROYED', actor: 'terraform', epoch: begun.epoch });
    const kept = await nodeAt(store, 'FAILED destroy');
    expect(await store.failedDestroys()).toMatchObject({ count: 1 });
    const refused = { refused: 'wrong-state' };
    for (const to of ['INSERVICE', 'SOFT_SUNSET'] as const)
      for (const actor of ['operator', 'node'] as const)
        expect(await store.transition(kept.id, { to, actor })).toMatchObject(refused);
    expect(await store.failedDestroys()).toMatchObject({ count: 1 });
  });
});

describe('an alarm about a failed destroy', () => {
  const raise = (id: string, alarm: number) =>
    fixture.store.raiseAlarm(id, { alarm, actor: 'reconciler', reason: `alarm ${alarm}` });

  it('is raised once, also when two raise it at once, and never after a later one', async () => {
    const { id } = await nodeAt(fixture.store, 'FAILED destroy');
    expect((await Promise.all([raise(id, HOUR), raise(id, HOUR)])).sort()).toEqual([false, true]);
    expect(await raise(id, 4 * HOUR)).toBe(true);
    expect(await raise(id, 2 * HOUR)).toBe(false);
    const notes = (await fixture.store.history(id)).filter(({ type }) => type === 'noted');
    expect(notes.map(({ reason }) => reason)).toEqual([`alarm ${HOUR}`, `alarm ${4 * HOUR}`]);
  });

  it('is never raised about a node whose destruction has not failed', async () => {
    const other = await nodeAt(fixture.store, 'FAILED create');
    expect([await raise(other.id, HOUR), await raise('nobody', HOUR)]).toEqual([false, false]);
  });
});

describe('tombstones', () => {
  it('are counted by age, and stay where somebody still needs them', async () => {
    const { store } = fixture;
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1) ids.push((await nodeAt(store, 'DESTROYED')).id);
    const [kept = ''] = ids;
    fixture.now += MINUTE;
    await nodeAt(store, 'DESTROYED');
    expect(await store.countTombstones(MINUTE)).toBe(4);
    expect(await store.purgeTombstones(MINUTE, 2, { except: [kept] })).toBe(2);
    expect(await store.purgeTombstones(MINUTE, 2, { except: [kept] })).toBe(1);
    expect(await store.get(kept)).toBeDefined();
    expect(await store.purgeTombstones(MINUTE, 2)).toBe(1);
  });
});

it('a schedule of nothing is refused', () => {
  const { redis } = fixture;
  expect(() =>
    createRedisStore({ redis, retention: RETENTION, destroyRetry: { firstMs: 0, maxMs: 1 } }),
  ).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', field: 'destroyRetry.firstMs' }));
});
