import { describe, expect, it } from 'vitest';
import { FENCE_FIELDS, nodeKey } from '../../src/node/keys.js';
import type { BeginResult } from '../../src/store/store.js';
import { nodeAt, type Standing, useStore } from './support.js';

const fixture = useStore();
const LEASE_MS = 10_000;

const begin = (id: string, operation: 'create' | 'destroy', holder: string): Promise<BeginResult> =>
  fixture.store.begin(id, { operation, holder, leaseMs: LEASE_MS });

describe('begin', () => {
  it('moves the state, takes the lease and raises the epoch in one step', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    fixture.now += 500;
    const begun = await begin(id, 'create', 'one');
    expect(begun).toMatchObject({
      epoch: 1,
      node: {
        state: 'CREATING',
        since: fixture.now,
        epoch: 1,
        lease: { holder: 'one', expiresAt: fixture.now + LEASE_MS },
      },
    });
    expect((await fixture.store.history(id)).at(-1)).toMatchObject({
      type: 'transition',
      from: 'REQUESTED',
      to: 'CREATING',
      actor: 'terraform',
      epoch: 1,
    });
  });

  it('writes the fields that fence other parts’ writes under their published names', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    const { epoch, leaseHolder, leaseExpiresAt, state } = FENCE_FIELDS;
    expect(await fixture.redis.hmget(nodeKey(id), epoch, leaseHolder, leaseExpiresAt, state)).toEqual([
      '1',
      'one',
      String(fixture.now + LEASE_MS),
      'CREATING',
    ]);
    await fixture.store.release(id, { epoch: 1, holder: 'one' });
    expect(await fixture.redis.hmget(nodeKey(id), leaseHolder, leaseExpiresAt)).toEqual([null, null]);
  });

  it('refuses while another holder’s lease is alive, to the very millisecond', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    fixture.now += LEASE_MS - 1;
    expect(await begin(id, 'create', 'two')).toMatchObject({
      refused: 'lease-held',
      node: { epoch: 1, lease: { holder: 'one' } },
    });
    fixture.now += 1;
    expect(await begin(id, 'create', 'two')).toMatchObject({ epoch: 2 });
  });

  it('lets a run take over after a crash: same state, new epoch, an event that says so', async () => {
    const { id, since } = await nodeAt(fixture.store, 'CREATING');
    fixture.now += 60_000;
    expect(await begin(id, 'create', 'two')).toMatchObject({ epoch: 2, node: { state: 'CREATING', since } });
    const last = (await fixture.store.history(id)).at(-1);
    expect(last).toMatchObject({ type: 'taken', epoch: 2, actor: 'terraform' });
    expect(last).not.toHaveProperty('to');
  });

  it('gives the same holder the same epoch again, its lease renewed and no second event', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    const history = await fixture.store.history(id);
    for (const wait of [10, LEASE_MS + 1]) {
      fixture.now += wait;
      expect(await begin(id, 'create', 'one')).toMatchObject({
        epoch: 1,
        node: { lease: { holder: 'one', expiresAt: fixture.now + LEASE_MS } },
      });
    }
    expect(await fixture.store.history(id)).toEqual(history);
  });

  it('gives a holder that gave its lease back a new epoch', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    await fixture.store.release(id, { epoch: 1, holder: 'one' });
    expect(await begin(id, 'create', 'one')).toMatchObject({ epoch: 2 });
  });

  it('lets exactly one of many holders in', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    const holders = Array.from({ length: 50 }, (_, i) => `holder-${i}`);
    const answers = await Promise.all(holders.map((holder) => begin(id, 'create', holder)));
    const winners = holders.filter((_, i) => 'epoch' in (answers[i] as BeginResult));
    expect(winners).toHaveLength(1);
    expect(answers.filter((answer) => 'refused' in answer && answer.refused === 'lease-held')).toHaveLength(
      49,
    );
    expect(await fixture.store.get(id)).toMatchObject({ epoch: 1, lease: { holder: winners[0] } });
  });

  it.each([
    ['create', ['REQUESTED', 'CREATING']],
    ['destroy', ['DESTRUCTION_REQUESTED', 'DESTROYING']],
  ] as const)('lets a %s begin in %j only', async (operation, beginnings) => {
    const standings: Standing[] = [
      'REQUESTED',
      'CREATING',
      'CREATED',
      'STARTED',
      'INSERVICE',
      'SOFT_SUNSET',
      'HARD_SUNSET',
      'DESTRUCTION_REQUESTED',
      'DESTROYING',
      'DESTROYED',
      'FAILED create',
      'FAILED destroy',
      'FAILED health',
    ];
    for (const standing of standings) {
      const node = await nodeAt(fixture.store, standing);
      const answer = await begin(node.id, operation, 'next');
      if ((beginnings as readonly string[]).includes(standing))
        expect(answer, standing).toMatchObject({ epoch: node.epoch + 1, node: { state: beginnings[1] } });
      else expect(answer, standing).toEqual({ refused: 'wrong-state', node });
    }
  });

  it('retries a failed create once it was asked for, and only once', async () => {
    const { id } = await nodeAt(fixture.store, 'FAILED create');
    await fixture.store.requestRetry(id, { actor: 'operator' });
    const begun = await begin(id, 'create', 'two');
    expect(begun).toMatchObject({ epoch: 2, node: { state: 'CREATING', retryRequested: false } });
    expect(begun).not.toHaveProperty('node.failure');
  });

  it('makes a destruction that was asked for while creating wait for the run', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    await fixture.store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    expect(await begin(id, 'destroy', 'two')).toMatchObject({ refused: 'lease-held' });
    await fixture.store.release(id, { epoch: 1, holder: 'one' });
    expect(await begin(id, 'destroy', 'two')).toMatchObject({ epoch: 2, node: { state: 'DESTROYING' } });
  });

  it('begins without the progress of an earlier run and with its resources', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATING');
    const resources = [{ address: 'a.b', type: 'a', id: 'i-1' }];
    await fixture.store.patch(id, 1, { progress: { phase: 'applying', done: 1, total: 2 }, resources });
    await begin(id, 'create', 'two');
    const node = await fixture.store.get(id);
    expect(node).toMatchObject({ epoch: 2, resources });
    expect(node).not.toHaveProperty('progress');
  });

  it('refuses a node that nobody knows', async () => {
    expect(await begin('nobody', 'create', 'one')).toEqual({ refused: 'unknown-node' });
  });

  it.each([
    ['holder', { holder: '', leaseMs: 1 }],
    ['holder', { holder: 'two words', leaseMs: 1 }],
    ['leaseMs', { holder: 'one', leaseMs: 0 }],
    ['leaseMs', { holder: 'one', leaseMs: 1.5 }],
  ])('throws, naming %s, for %j', async (field, claim) => {
    await expect(fixture.store.begin('n', { operation: 'create', ...claim })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field,
    });
  });
});

describe('renew', () => {
  const one = { epoch: 1, holder: 'one' };

  it('prolongs the lease and tells the node’s present state', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    await fixture.store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    fixture.now += 4_000;
    const expiresAt = fixture.now + LEASE_MS;
    expect(await fixture.store.renew(id, one, LEASE_MS)).toEqual({
      held: true,
      state: 'DESTRUCTION_REQUESTED',
      expiresAt,
    });
    expect(await fixture.store.get(id)).toMatchObject({ lease: { holder: 'one', expiresAt } });
  });

  it('revives a lease that ran out and that nobody took', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    fixture.now += LEASE_MS * 100;
    expect(await fixture.store.renew(id, one, LEASE_MS)).toMatchObject({ held: true });
    expect(await begin(id, 'create', 'two')).toMatchObject({ refused: 'lease-held' });
  });

  it('fails once another run took the node', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    fixture.now += LEASE_MS;
    await begin(id, 'create', 'two');
    const node = await fixture.store.get(id);
    expect(await fixture.store.renew(id, one, LEASE_MS)).toEqual({ held: false });
    expect(await fixture.store.get(id)).toEqual(node);
  });

  it.each([
    ['another holder', { epoch: 1, holder: 'two' }],
    ['another epoch', { epoch: 2, holder: 'one' }],
  ])('fails for %s', async (_who, claim) => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    expect(await fixture.store.renew(id, claim, LEASE_MS)).toEqual({ held: false });
  });

  it('fails once the lease was given back, the node is destroyed, or nobody knows it', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    await fixture.store.release(id, one);
    expect(await fixture.store.renew(id, one, LEASE_MS)).toEqual({ held: false });
    expect(await fixture.store.renew('nobody', one, LEASE_MS)).toEqual({ held: false });

    const doomed = await nodeAt(fixture.store, 'DESTRUCTION_REQUESTED');
    await begin(doomed.id, 'destroy', 'one');
    const claim = { epoch: doomed.epoch + 1, holder: 'one' };
    await fixture.store.transition(doomed.id, { to: 'DESTROYED', actor: 'terraform', epoch: claim.epoch });
    expect(await fixture.store.renew(doomed.id, claim, LEASE_MS)).toEqual({ held: false });
  });
});

describe('release', () => {
  it('ends the lease at once, once', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    expect(await fixture.store.release(id, { epoch: 1, holder: 'one' })).toBe(true);
    expect(await fixture.store.get(id)).not.toHaveProperty('lease');
    expect(await fixture.store.release(id, { epoch: 1, holder: 'one' })).toBe(false);
  });

  it('leaves another’s lease alone', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await begin(id, 'create', 'one');
    fixture.now += LEASE_MS;
    await begin(id, 'create', 'two');
    expect(await fixture.store.release(id, { epoch: 1, holder: 'one' })).toBe(false);
    expect(await fixture.store.release(id, { epoch: 2, holder: 'one' })).toBe(false);
    expect(await fixture.store.release('nobody', { epoch: 1, holder: 'one' })).toBe(false);
    expect(await fixture.store.get(id)).toMatchObject({ lease: { holder: 'two' } });
  });
});

describe('patch', () => {
  const progress = { phase: 'applying', done: 1, total: 3, address: 'aws_instance.node' } as const;

  it('writes what a run learned and leaves the rest', async () => {
    const { id, epoch } = await nodeAt(fixture.store, 'CREATING');
    fixture.now += 1_000;
    expect(await fixture.store.patch(id, epoch, { progress, attempts: 2 })).toBe(true);
    const resources = [{ address: 'aws_instance.node', type: 'aws_instance', id: 'i-1' }];
    expect(await fixture.store.patch(id, epoch, { resources })).toBe(true);
    expect(await fixture.store.get(id)).toMatchObject({
      progress,
      attempts: 2,
      resources,
      updatedAt: fixture.now,
    });
  });

  it('changes nothing for a stale epoch, an unknown node or a tombstone', async () => {
    const node = await nodeAt(fixture.store, 'CREATING');
    expect(await fixture.store.patch(node.id, node.epoch - 1, { attempts: 9 })).toBe(false);
    expect(await fixture.store.get(node.id)).toEqual(node);
    expect(await fixture.store.patch('nobody', 0, { attempts: 9 })).toBe(false);
    const tombstone = await nodeAt(fixture.store, 'DESTROYED');
    expect(await fixture.store.patch(tombstone.id, tombstone.epoch, { progress })).toBe(false);
    expect(await fixture.store.get(tombstone.id)).toEqual(tombstone);
  });
});

describe('nextGeneration', () => {
  it('never gives the same number twice', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    const numbers = await Promise.all(Array.from({ length: 20 }, () => fixture.store.nextGeneration(id)));
    expect(numbers.sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(await fixture.store.get(id)).toMatchObject({ generation: 20 });
  });

  it('has none for a node that nobody knows, and makes none', async () => {
    expect(await fixture.store.nextGeneration('nobody')).toBeUndefined();
    expect(await fixture.redis.dbsize()).toBe(0);
  });
});
