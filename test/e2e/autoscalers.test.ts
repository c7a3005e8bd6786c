/** Two real workers that both scale, one of which is frozen in the middle of it and goes on: nothing is doubled. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { groupConfigSchema } from '../../src/groups/config.js';
import { Yard } from '../support/yard.js';

/** FROZEN_SECONDS=60 freezes it for a minute. */
const FROZEN_MS = Number(process.env['FROZEN_SECONDS'] ?? 5) * 1_000;
const MAX = 6;
const patience = { timeout: 120_000, interval: 200 };

let yard: Yard;
beforeEach(async () => {
  yard = await Yard.open({
    NODEYARD_SCALING_INTERVAL: '100ms',
    NODEYARD_LEASE_TTL: '4s',
    NODEYARD_LEASE_RENEW: '500ms',
    NODEYARD_LEASE_STOP_MARGIN: '1s',
    NODEYARD_QUEUE_LOCK: '3s',
    NODEYARD_QUEUE_STALLED: '1s',
  });
});
afterEach(() => yard.close());

test('two autoscalers, one frozen for a while, never make more than there may be', {
  timeout: 4 * patience.timeout,
}, async () => {
  const workers = [await yard.spawnWorker(), await yard.spawnWorker()];
  const role = { min: 2, max: MAX, increment: 2, outExpression: '1 < 2', coolDown: { out: '1s' } };
  await yard.app.groups.put(
    groupConfigSchema.parse({ name: 'media', stack: 'local-node', roles: { edge: role } }),
  );
  const nodes = async () => (await yard.app.store.list({ group: 'media' })).nodes;
  const count = async () => (await nodes()).length;
  await expect.poll(count, patience).toBeGreaterThan(0);
  for (const [index, worker] of workers.entries()) {
    worker.signal('SIGSTOP');
    // Long enough for the other one to take over its look and its runs: nothing tells that it would have gone on.
    await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
    worker.signal('SIGCONT');
    if (index === 0) await expect.poll(count, patience).toBeGreaterThan(2);
  }
  const states = async () => (await nodes()).map(({ state }) => state);
  await expect.poll(states, patience).toEqual(Array.from({ length: MAX }, () => 'CREATED'));

  await yard.app.groups.delete('media');
  await expect.poll(async () => yard.app.groups.get('media'), patience).toBeUndefined();
  expect(await states()).toEqual(Array.from({ length: MAX }, () => 'DESTROYED'));
});
