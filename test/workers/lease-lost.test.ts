/** Runs that lose their node while they work: to another holder, and to a Redis that stays away longer than the lease lasts. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRunDirectory } from '../../src/state/run-directory.js';
import { isRunning } from '../support/hostile-terraform.js';
import { Yard } from '../support/yard.js';

let yard: Yard;
beforeAll(async () => {
  yard = await Yard.open({
    NODEYARD_LEASE_TTL: '3s',
    NODEYARD_LEASE_RENEW: '200ms',
    NODEYARD_LEASE_STOP_MARGIN: '1s',
  });
  await yard.startWorker();
});
afterAll(() => yard.close());

/** A node whose first create is in the middle of its second resource; the next one goes through. */
async function creating(): Promise<{ readonly id: string; readonly terraform: number }> {
  const inputs = { ledger: yard.ledgerFile, create: ['sleep:60000', 'ok'] };
  const { node } = await yard.app.client.requestNode({ group: 'g', role: 'edge', stack: 'scripted', inputs });
  await expect.poll(() => begun(node.id, 'r1').length, { timeout: 20_000 }).toBe(1);
  return { id: node.id, terraform: begun(node.id, 'r1')[0]?.terraform ?? 0 };
}
const begun = (id: string, resource: string) =>
  yard
    .ledger()
    .filter((e) => e.node === id && e.resource === resource && e.what === 'create' && e.mark === 'begin');
const directoriesOf = (id: string): string[] =>
  readdirSync(join(yard.dataDir, 'runs')).filter((name) => name.startsWith(`${id}.`));
const ended = (terraform: number) =>
  expect.poll(() => isRunning(terraform), { timeout: 15_000, interval: 50 }).toBe(false);

async function destroyed(id: string): Promise<void> {
  await yard.app.client.requestDestruction(id);
  await yard.reaches(id, 'DESTROYED');
}

test('a run whose node another holder has taken stops, its state is quarantined, its job comes back', async () => {
  const { store, states } = yard.app;
  const { id, terraform } = await creating();
  const { epoch, lease } = await yard.app.client.get(id);
  await store.release(id, { epoch, holder: lease?.holder ?? '' });
  const taken = await store.begin(id, { operation: 'create', holder: 'another', leaseMs: 60_000 });
  expect(taken).toMatchObject({ epoch: 2 });

  await ended(terraform);
  await expect.poll(() => states.quarantined(id), { timeout: 10_000 }).toMatchObject([{ epoch: 1 }]);
  await expect.poll(() => directoriesOf(id)).toEqual([]);
  expect(await yard.app.client.get(id)).toMatchObject({ state: 'CREATING', epoch: 2, attempts: 0 });

  await store.release(id, { epoch: 2, holder: 'another' });
  expect(await yard.reaches(id, 'CREATED')).toMatchObject({ epoch: 3, attempts: 0 });
  expect(begun(id, 'r1')).toHaveLength(2);
  await destroyed(id);
});

test('a run without Redis stops before its lease ends and keeps its state until Redis is back', async () => {
  const { id, terraform } = await creating();
  const [name = ''] = directoriesOf(id);
  const directory = await openRunDirectory(join(yard.dataDir, 'runs', name));
  await yard.redis.kill();
  await ended(terraform);
  expect(existsSync(directory.state)).toBe(true);
  expect(existsSync(directory.exit)).toBe(true);

  await yard.redis.restart();
  expect(await yard.reaches(id, 'CREATED')).toMatchObject({ attempts: 0 });
  expect(begun(id, 'r0')).toHaveLength(1);
  expect(begun(id, 'r1')).toHaveLength(2);
  expect(await yard.app.states.quarantined(id)).toEqual([]);
  await destroyed(id);
});
