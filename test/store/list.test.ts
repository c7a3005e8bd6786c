import { describe, expect, it } from 'vitest';
import { NODE_STATES } from '../../src/node/lifecycle.js';
import type { NodeFilter } from '../../src/store/store.js';
import { nodeAt, nodeRequest, type Standing, useStore } from './support.js';

const fixture = useStore();

async function pages(filter: NodeFilter, limit: number): Promise<string[][]> {
  const found: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await fixture.store.list(filter, { limit, ...(cursor === undefined ? {} : { cursor }) });
    found.push(page.nodes.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

describe('list', () => {
  const GROUPS = ['web', 'web-2', 'w.e_b'];
  const ROLES = ['edge', 'core'];
  const STANDINGS: readonly Standing[] = ['REQUESTED', 'INSERVICE', 'FAILED health', 'DESTROYED'];

  it('finds by any combination of states, group and role, in order of creation', async () => {
    const made = [];
    for (const standing of STANDINGS)
      for (const group of GROUPS)
        for (const role of ROLES) made.push(await nodeAt(fixture.store, standing, { group, role }));

    const states: NodeFilter['state'][] = [
      undefined,
      'INSERVICE',
      ['DESTROYED', 'REQUESTED'],
      ['FAILED'],
      [],
    ];
    for (const state of states)
      for (const group of [undefined, ...GROUPS, 'nobody'])
        for (const role of [undefined, ...ROLES]) {
          const filter = {
            ...(state === undefined ? {} : { state }),
            ...(group === undefined ? {} : { group }),
            ...(role === undefined ? {} : { role }),
          };
          const wanted = made.filter(
            (node) =>
              (state === undefined || [state].flat().includes(node.state)) &&
              (group === undefined || node.group === group) &&
              (role === undefined || node.role === role),
          );
          const page = await fixture.store.list(filter);
          expect(page, JSON.stringify(filter)).toEqual({ nodes: wanted });
        }
  });

  it('names a state twice and still finds each node once', async () => {
    const node = await nodeAt(fixture.store, 'REQUESTED');
    expect(await fixture.store.list({ state: ['REQUESTED', 'REQUESTED'] })).toEqual({ nodes: [node] });
  });

  it('gives pages that hold every node once, the last without a cursor', async () => {
    const ids = [];
    for (let i = 0; i < 10; i += 1) ids.push((await nodeAt(fixture.store, 'REQUESTED')).id);
    for (const limit of [1, 3, 5, 10, 11]) {
      const found = await pages({ group: 'web' }, limit);
      expect(found.flat()).toEqual(ids);
      expect(found).toHaveLength(Math.ceil(ids.length / limit));
    }
    expect(await pages({ group: 'nobody' }, 5)).toEqual([[]]);
  });

  it('keeps its place while nodes are added and moved between the pages', async () => {
    const { store } = fixture;
    const ids: string[] = [];
    for (let i = 0; i < 9; i += 1) ids.push((await nodeAt(store, 'INSERVICE')).id);
    const filter = { state: ['INSERVICE', 'SOFT_SUNSET'] } as const;
    const first = await store.list(filter, { limit: 3 });

    for (const id of [ids[0], ids[4]]) await store.transition(id!, { to: 'SOFT_SUNSET', actor: 'operator' });
    await store.transition(ids[1]!, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    await store.transition(ids[5]!, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    ids.push((await nodeAt(store, 'INSERVICE')).id);

    const rest = await store.list(filter, { cursor: first.cursor!, limit: 100 });
    expect(first.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    expect(rest.nodes.map(({ id }) => id)).toEqual([ids[3], ids[4], ids[6], ids[7], ids[8], ids[9]]);
  });

  it('gives 100 nodes when nobody says how many', async () => {
    await Promise.all(
      Array.from({ length: 101 }, () => fixture.store.create(nodeRequest(), { actor: 'producer' })),
    );
    const page = await fixture.store.list({});
    expect(page.nodes).toHaveLength(100);
    expect((await fixture.store.list({}, { cursor: page.cursor! })).nodes).toHaveLength(1);
  });

  it.each(['', 'abc', '-1', '0', '1.5', '1e3', ' 7', '9'.repeat(16), '(1', '+inf'])(
    'refuses the cursor %j',
    async (cursor) => {
      await expect(fixture.store.list({}, { cursor })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        field: 'cursor',
      });
    },
  );

  it.each([
    ['limit', {}, { limit: 0 }],
    ['limit', {}, { limit: 1_001 }],
    ['group', { group: 'a:b' }, {}],
    ['role', { role: '*' }, {}],
    ['state', { state: 'INSERVICE:web:edge' as 'INSERVICE' }, {}],
  ])('refuses what is not a %s: %j %j', async (field, filter, page) => {
    await expect(fixture.store.list(filter, page)).rejects.toMatchObject({ code: 'INVALID_INPUT', field });
  });
});

describe('counts', () => {
  it('counts the nodes in each state, tombstones among them', async () => {
    for (const standing of ['REQUESTED', 'REQUESTED', 'FAILED create', 'DESTROYED'] as const)
      await nodeAt(fixture.store, standing);
    const zero = Object.fromEntries(NODE_STATES.map((state) => [state, 0]));
    expect(await fixture.store.counts()).toEqual({ ...zero, REQUESTED: 2, FAILED: 1, DESTROYED: 1 });
  });

  it('counts those of one group and role', async () => {
    for (const part of [
      { group: 'a', role: 'x' },
      { group: 'a', role: 'y' },
      { group: 'b', role: 'x' },
    ])
      await nodeAt(fixture.store, 'CREATED', part);
    const created = async (of: { group?: string; role?: string }) => (await fixture.store.counts(of)).CREATED;
    expect([await created({ group: 'a' }), await created({ group: 'a', role: 'y' })]).toEqual([2, 1]);
    expect([await created({ role: 'x' }), await created({ group: 'c' })]).toEqual([2, 0]);
    await expect(created({ group: '' })).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'group' });
  });
});

describe('cost', () => {
  it('asks Redis for as many keys as it returns, however many nodes there are', async () => {
    const { redis, store } = fixture;
    const commandsOf = async (read: () => Promise<unknown>): Promise<number> => {
      await redis.config('RESETSTAT');
      await read();
      const stats = await redis.info('commandstats');
      const calls = [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)];
      expect(calls.map(([, name]) => name)).not.toEqual(expect.arrayContaining(['keys']));
      return calls
        .filter(([, name]) => name !== 'info' && name !== 'config')
        .reduce((sum, [, , count]) => sum + Number(count), 0);
    };
    const measure = async (): Promise<number[]> => [
      await commandsOf(() => store.list({ state: 'REQUESTED', group: 'web' }, { limit: 5 })),
      await commandsOf(() => store.list({ state: ['REQUESTED', 'FAILED'] }, { limit: 5 })),
      await commandsOf(() => store.counts()),
      await commandsOf(() => store.stranded(5)),
    ];
    const grow = (by: number) =>
      Promise.all(Array.from({ length: by }, () => store.create(nodeRequest(), { actor: 'producer' })));
    await grow(10);
    await measure();
    const few = await measure();
    await grow(2_000);
    expect(await measure()).toEqual(few);
  });
});
