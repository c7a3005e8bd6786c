import { describe, expect, it } from 'vitest';
import type { StrandedOptions } from '../../src/store/store.js';
import { nodeAt, type Standing, useStore } from './support.js';

const fixture = useStore();

const stranded = async (options?: StrandedOptions, limit = 100): Promise<string[]> =>
  (await fixture.store.stranded(limit, options)).map(({ id }) => id);

describe('stranded', () => {
  it.each([
    ['REQUESTED', true],
    ['CREATING', true],
    ['CREATED', false],
    ['STARTED', false],
    ['INSERVICE', false],
    ['SOFT_SUNSET', false],
    ['HARD_SUNSET', false],
    ['DESTRUCTION_REQUESTED', true],
    ['DESTROYING', true],
    ['DESTROYED', false],
    ['FAILED create', false],
    ['FAILED destroy', false],
  ] satisfies [Standing, boolean][])(
    'of a node that is %s and has no lease: %s',
    async (standing, isStranded) => {
      const node = await nodeAt(fixture.store, standing);
      expect(await fixture.store.stranded(10)).toEqual(isStranded ? [node] : []);
    },
  );

  it('holds a failed create whose retry was asked for, until it begins', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'FAILED create');
    await store.requestRetry(id, { actor: 'operator' });
    expect(await stranded()).toEqual([id]);
    await store.begin(id, { operation: 'create', holder: 'one', leaseMs: 1_000 });
    expect(await stranded()).toEqual([]);
  });

  it('leaves a node out while its lease is alive, as often as it is renewed', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'REQUESTED');
    await store.begin(id, { operation: 'create', holder: 'one', leaseMs: 1_000 });
    for (let i = 0; i < 5; i += 1) {
      fixture.now += 999;
      expect(await stranded()).toEqual([]);
      await store.renew(id, { epoch: 1, holder: 'one' }, 1_000);
    }
    fixture.now += 1_000;
    expect(await stranded()).toEqual([id]);
    await store.renew(id, { epoch: 1, holder: 'one' }, 1_000);
    expect(await stranded()).toEqual([]);
    await store.release(id, { epoch: 1, holder: 'one' });
    expect(await stranded()).toEqual([id]);
  });

  it('leaves a node out whose destruction was asked for while its create still holds the lease', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'REQUESTED');
    await store.begin(id, { operation: 'create', holder: 'one', leaseMs: 1_000 });
    await store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    await store.nextGeneration(id);
    expect(await stranded()).toEqual([]);
    fixture.now += 1_000;
    expect(await stranded()).toEqual([id]);
  });

  it('begins with the node that nobody has attended to for longest', async () => {
    const { store } = fixture;
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      ids.push((await nodeAt(store, 'REQUESTED')).id);
      fixture.now += 1_000;
    }
    expect(await stranded()).toEqual(ids);
    await store.nextGeneration(ids[0]!);
    expect(await stranded()).toEqual([ids[1], ids[2], ids[3], ids[0]]);
  });

  it('takes only nodes that were left alone for a given time', async () => {
    const { store } = fixture;
    const old = await nodeAt(store, 'REQUESTED');
    fixture.now += 30_000;
    await nodeAt(store, 'REQUESTED');
    expect(await stranded({ olderThanMs: 30_000 })).toEqual([old.id]);
    expect(await stranded({ olderThanMs: 30_001 })).toEqual([]);
  });

  it('lets a sweep walk past those that just wait their turn', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      ids.push((await nodeAt(fixture.store, 'REQUESTED')).id);
      fixture.now += 1;
    }
    expect(await stranded({}, 2)).toEqual(ids.slice(0, 2));
    expect(await stranded({ skip: 2 }, 2)).toEqual(ids.slice(2, 4));
    expect(await stranded({ skip: 4 }, 2)).toEqual(ids.slice(4));
  });

  it.each([
    ['limit', 0, {}],
    ['limit', 1_001, {}],
    ['olderThanMs', 1, { olderThanMs: -1 }],
    ['skip', 1, { skip: -1 }],
  ])('refuses a wrong %s', async (field, limit, options) => {
    await expect(fixture.store.stranded(limit, options)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field,
    });
  });
});
