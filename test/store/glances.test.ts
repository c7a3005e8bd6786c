import { expect, it } from 'vitest';
import { NODE_STATES } from '../../src/node/lifecycle.js';
import { nodeAt, useStore } from './support.js';

const fixture = useStore();

it('a short look shows every node of a group that is not destroyed, and what failed', async () => {
  const { store } = fixture;
  const of = { group: 'media', role: 'edge' };
  const states = NODE_STATES.filter((state) => state !== 'FAILED');
  for (const state of states) await nodeAt(store, state, of);
  const failed = await nodeAt(store, 'FAILED create', of);
  const stuck = await nodeAt(store, 'FAILED destroy', { ...of, role: 'origin' });
  await nodeAt(store, 'INSERVICE', { group: 'other', role: 'edge' });
  const { now, nodes } = await store.glances('media');
  expect(now).toBe(fixture.now);
  expect(nodes.map(({ state }) => state).toSorted()).toEqual(
    [...states.filter((state) => state !== 'DESTROYED'), 'FAILED', 'FAILED'].toSorted(),
  );
  expect(nodes.find(({ id }) => id === failed.id)).toEqual({
    id: failed.id,
    role: 'edge',
    state: 'FAILED',
    since: fixture.now,
    createdAt: fixture.now,
    doomed: false,
    failed: 'create',
  });
  expect(nodes.find(({ id }) => id === stuck.id)).toMatchObject({
    role: 'origin',
    doomed: true,
    failed: 'destroy',
  });
  expect(await store.glances('nobody')).toEqual({ now: fixture.now, nodes: [] });
  await expect(store.glances('a b')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

it('a large group is seen whole', async () => {
  const { store } = fixture;
  const ids = [];
  for (let n = 0; n < 1_001; n += 1) ids.push((await nodeAt(store, 'REQUESTED', { group: 'media' })).id);
  const { nodes } = await store.glances('media');
  expect(nodes.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
});
