/** The scheduled look at the fleet: one at a time across all workers, and never lost with one of them. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { App } from '../../src/app.js';
import type { Looking } from '../../workers/look.js';
import { startReconciling } from '../../workers/reconcile.js';
import { NO_INVENTORIES } from '../fleet/support.js';
import { Yard } from '../support/yard.js';

let yard: Yard;
let consumers: Looking[];
beforeEach(async () => {
  yard = await Yard.open({ NODEYARD_RECONCILE_INTERVAL: '50ms' });
  consumers = [];
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

const NO_CLEAN_UPS = { start: () => false };

/** A worker’s part in the reconciler, whose looks pass through `look`. */
async function consume(look: () => Promise<void>): Promise<void> {
  const store = {
    ...yard.app.store,
    destroysToRetry: async () => {
      await look();
      return [];
    },
  };
  const app: App = { ...yard.app, store };
  consumers.push(await startReconciling(app, NO_INVENTORIES, NO_CLEAN_UPS));
}

test('of several workers one looks at a time', async () => {
  let at = 0;
  let most = 0;
  let looks = 0;
  const look = async (): Promise<void> => {
    at += 1;
    most = Math.max(most, at);
    // Long enough for the next ones to be due.
    await new Promise((resolve) => setTimeout(resolve, 120));
    looks += 1;
    at -= 1;
  };
  await Promise.all([consume(look), consume(look), consume(look)]);
  await expect.poll(() => looks, { timeout: 20_000 }).toBeGreaterThan(8);
  expect(most).toBe(1);
});

test('a look that its worker died over is done by another one', async () => {
  let end = (): void => {};
  const hanging = new Promise<void>((resolve) => {
    end = resolve;
  });
  let hung = 0;
  await consume(async () => {
    hung += 1;
    await hanging;
  });
  await expect.poll(() => hung, { timeout: 10_000 }).toBe(1);
  let looks = 0;
  await consume(async () => {
    looks += 1;
  });
  expect(looks).toBe(0);
  // What the death of a worker comes to: nobody renews the lock of its job.
  const locks = await yard.app.redis.keys('*nodeyard-reconcile*:lock');
  expect(locks).toHaveLength(1);
  await yard.app.redis.del(...locks);
  await expect.poll(() => looks, { timeout: 30_000 }).toBeGreaterThan(2);
  end();
});
