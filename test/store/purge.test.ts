import { describe, expect, it } from 'vitest';
import { nodeAt, nodeRequest, useStore } from './support.js';

const fixture = useStore();

describe('purgeTombstones', () => {
  it('removes tombstones of the given age and nothing else', async () => {
    const { store } = fixture;
    const old = await nodeAt(store, 'DESTROYED');
    const living = await nodeAt(store, 'INSERVICE');
    fixture.now += 60_000;
    const young = await nodeAt(store, 'DESTROYED');
    expect(await store.purgeTombstones(60_001, 10)).toBe(0);
    expect(await store.purgeTombstones(60_000, 10)).toBe(1);
    expect(await store.get(old.id)).toBeUndefined();
    expect((await store.list({})).nodes).toEqual([living, young]);
    expect(await store.counts()).toMatchObject({ DESTROYED: 1, INSERVICE: 1 });
  });

  it('leaves no key of the node behind, and its request id free', async () => {
    const { store, redis } = fixture;
    const request = nodeRequest({ requestId: 'once' });
    await nodeAt(store, 'DESTROYED', request);
    expect(await store.purgeTombstones(0, 10)).toBe(1);
    expect((await redis.keys('*')).sort()).toEqual([
      '{nodeyard}:events',
      '{nodeyard}:sequence',
      '{nodeyard}:state-times',
    ]);
    expect(await store.findByRequestId('once')).toBeUndefined();
    expect(await store.history(request.id)).toEqual([]);
    expect(await store.create({ ...request, inputs: { other: true } }, { actor: 'producer' })).toMatchObject({
      created: true,
      node: { epoch: 0 },
    });
  });

  it('removes the oldest first, so many at a time', async () => {
    const { store } = fixture;
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      ids.push((await nodeAt(store, 'DESTROYED')).id);
      fixture.now += 1;
    }
    expect(await store.purgeTombstones(0, 2)).toBe(2);
    expect((await store.list({})).nodes.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(await store.purgeTombstones(0, 10)).toBe(3);
    expect(await store.purgeTombstones(0, 10)).toBe(0);
  });

  it('keeps the place of a list whose nodes it removes', async () => {
    const { store } = fixture;
    await nodeAt(store, 'DESTROYED');
    await nodeAt(store, 'DESTROYED');
    const last = await nodeAt(store, 'REQUESTED');
    const { cursor } = await store.list({}, { limit: 1 });
    await store.purgeTombstones(0, 10);
    expect(await store.list({}, { cursor: cursor! })).toEqual({ nodes: [last] });
  });

  it.each([
    ['olderThanMs', -1, 1],
    ['limit', 0, 0],
  ])('refuses a wrong %s', async (field, olderThanMs, limit) => {
    await expect(fixture.store.purgeTombstones(olderThanMs, limit)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field,
    });
  });
});
