import { describe, expect, it } from 'vitest';
import { MAX_TEXT } from '../../src/store/text-bounds.js';
import { nodeAt, type Standing, useStore } from './support.js';

const fixture = useStore();

describe('attend', () => {
  it('makes a node count as unattended anew, behind those that have waited longer', async () => {
    const { store } = fixture;
    const first = await nodeAt(store, 'REQUESTED');
    fixture.now += 10;
    const second = await nodeAt(store, 'REQUESTED');
    fixture.now += 10;
    expect(await store.attend(first.id)).toBe(true);
    const ids = (await store.stranded(10)).map(({ id }) => id);
    expect(ids).toEqual([second.id, first.id]);
    expect((await store.stranded(10, { olderThanMs: 5 })).map(({ id }) => id)).toEqual([second.id]);
  });

  it('never shortens a lease that is alive', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'REQUESTED');
    await store.begin(id, { operation: 'create', holder: 'one', leaseMs: 1_000 });
    await store.attend(id);
    fixture.now += 999;
    expect(await store.stranded(10)).toEqual([]);
    fixture.now += 1;
    expect(await store.stranded(10)).toHaveLength(1);
  });

  it.each(['CREATED', 'FAILED create', 'DESTROYED'] satisfies Standing[])(
    'of a node that is %s does not make it one that should be driven',
    async (standing) => {
      const { id } = await nodeAt(fixture.store, standing);
      await fixture.store.attend(id, 'job');
      expect(await fixture.store.stranded(10)).toEqual([]);
    },
  );

  it('of an unknown node says so and makes none', async () => {
    expect(await fixture.store.attend('nobody', 'job')).toBe(false);
    expect(await fixture.store.get('nobody')).toBeUndefined();
  });

  it('writes no history and does not touch what the record says', async () => {
    const { store } = fixture;
    const before = await nodeAt(store, 'REQUESTED');
    fixture.now += 10;
    await store.attend(before.id);
    expect(await store.get(before.id)).toEqual(before);
    expect(await store.history(before.id)).toHaveLength(1);
  });
});

describe('the id of the job that drives a node', () => {
  it('is on record once a producer has chosen it, and stays when somebody attends without one', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'REQUESTED');
    expect((await store.get(id))?.jobId).toBeUndefined();
    await store.attend(id, 'mine-1');
    await store.attend(id);
    expect((await store.get(id))?.jobId).toBe('mine-1');
    await store.attend(id, 'mine-2');
    expect((await store.get(id))?.jobId).toBe('mine-2');
  });

  it('ends with the operation that it drove: a destroy has a job of its own', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'CREATED');
    await store.attend(id, 'create-job');
    await store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    expect((await store.get(id))?.jobId).toBeUndefined();
    await store.attend(id, 'destroy-job');
    await store.begin(id, { operation: 'destroy', holder: 'one', leaseMs: 1_000 });
    expect((await store.get(id))?.jobId).toBe('destroy-job');
  });

  it('is cut where a producer went too far', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'REQUESTED');
    await store.attend(id, 'j'.repeat(1_000_000));
    expect((await store.get(id))?.jobId?.length).toBeLessThanOrEqual(MAX_TEXT);
  });
});

describe('the last error of a run', () => {
  const lastError = { code: 'NETWORK', message: 'connection reset' } as const;

  it('is on record while attempts are left', async () => {
    const { store } = fixture;
    const { id, epoch } = await nodeAt(store, 'CREATING');
    expect(await store.patch(id, epoch, { attempts: 1, lastError })).toBe(true);
    expect(await store.get(id)).toMatchObject({ state: 'CREATING', attempts: 1, lastError });
    await store.begin(id, { operation: 'create', holder: 'two', leaseMs: 1_000 });
    expect(await store.get(id)).toMatchObject({ epoch: epoch + 1, attempts: 1, lastError });
  });

  it.each(['CREATED', 'FAILED', 'DESTRUCTION_REQUESTED'] as const)(
    'goes when the node becomes %s',
    async (to) => {
      const { store } = fixture;
      const { id, epoch } = await nodeAt(store, 'CREATING');
      await store.patch(id, epoch, { attempts: 1, lastError });
      const failure = {
        operation: 'create',
        ...lastError,
        diagnostics: [],
        retryable: true,
        attempts: 1,
      } as const;
      await store.transition(id, {
        to,
        ...(to === 'DESTRUCTION_REQUESTED' ? { actor: 'operator' } : { actor: 'terraform', epoch }),
        ...(to === 'FAILED' ? { failure } : {}),
      });
      expect((await store.get(id))?.lastError).toBeUndefined();
    },
  );

  it('of a stale run changes nothing', async () => {
    const { store } = fixture;
    const { id, epoch } = await nodeAt(store, 'CREATING');
    expect(await store.patch(id, epoch - 1, { attempts: 9, lastError })).toBe(false);
    expect(await store.get(id)).toMatchObject({ attempts: 0 });
    expect((await store.get(id))?.lastError).toBeUndefined();
  });

  it('is cut to what a record can bear', async () => {
    const { store } = fixture;
    const { id, epoch } = await nodeAt(store, 'CREATING');
    await store.patch(id, epoch, { lastError: { code: 'UNKNOWN', message: 'x'.repeat(1_000_000) } });
    expect((await store.get(id))?.lastError?.message.length).toBeLessThanOrEqual(MAX_TEXT);
  });
});
