import { expect, it } from 'vitest';
import { nodeAt, useStore } from './support.js';

const fixture = useStore({ sound: false });

it('many nodes are read at once: those that are there, however many, and none that is not', async () => {
  const { store, redis } = fixture;
  const ids = [];
  for (let n = 0; n < 1_001; n += 1) ids.push((await nodeAt(store, 'REQUESTED')).id);
  const broken = await nodeAt(store, 'CREATING');
  await redis.hdel(`{nodeyard}:node:${broken.id}`, 'epoch');
  await redis.set('{nodeyard}:node:text', 'x');
  const wanted = [...ids, 'nobody', broken.id, 'text', 'no id', '', '*'];
  const { nodes, unreadable } = await store.getMany(wanted);
  expect([...nodes.keys()]).toEqual(ids);
  expect(nodes.get(ids[500] ?? '')).toEqual(await store.get(ids[500] ?? ''));
  expect(unreadable).toEqual([broken.id, 'text']);
  expect(await store.getMany([])).toEqual({ nodes: new Map(), unreadable: [] });
});
