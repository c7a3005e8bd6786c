/** The scheduled look at groups: nodes come and go by themselves, on real queues. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { groupConfigSchema } from '../../src/groups/config.js';
import type { Looking } from '../../workers/look.js';
import { startScaling } from '../../workers/scale.js';
import { Yard } from '../support/yard.js';

let yard: Yard;
let consumers: Looking[];
beforeEach(async () => {
  yard = await Yard.open({ NODEYARD_SCALING_INTERVAL: '100ms' });
  consumers = [await startScaling(yard.app), await startScaling(yard.app)];
});
afterEach(async () => {
  await Promise.all(
    consumers.map(async ({ worker, stop }) => {
      await stop();
      await worker.close();
    }),
  );
  await yard.close();
});

const waiting = async () => (await yard.app.queues.standing('create')).waiting;
const states = async () => (await yard.app.store.list({ group: 'media' })).nodes.map(({ state }) => state);

test('of several workers one makes what is missing, once, and all of it goes with its group', async () => {
  const wish = { name: 'media', stack: 'local-node', roles: { edge: { min: 3, max: 3 } } };
  await yard.app.groups.put(groupConfigSchema.parse(wish));
  await expect.poll(states, { timeout: 20_000 }).toEqual(['REQUESTED', 'REQUESTED', 'REQUESTED']);
  await expect.poll(waiting).toBe(3);
  await yard.app.groups.delete('media');
  const doomed = 'DESTRUCTION_REQUESTED';
  await expect.poll(states, { timeout: 20_000 }).toEqual([doomed, doomed, doomed]);
  expect(await yard.app.groups.get('media')).toMatchObject({ deletedAt: expect.any(Number) as number });
});

test('what an operator configures in the middle of it counts from the next look on', async () => {
  const wish = { name: 'media', stack: 'local-node', roles: { edge: { min: 1, max: 3 } } };
  await yard.app.groups.put(groupConfigSchema.parse(wish));
  await expect.poll(states, { timeout: 20_000 }).toEqual(['REQUESTED']);
  await yard.app.groups.put(groupConfigSchema.parse({ ...wish, roles: { edge: { min: 2, max: 3 } } }));
  await expect.poll(states, { timeout: 20_000 }).toEqual(['REQUESTED', 'REQUESTED']);
});
