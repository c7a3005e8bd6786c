/** Machines that exist and that no Terraform state holds: real workers and real Terraform, before a cloud that can be asked. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { NodeRequest } from '../../src/node/request.js';
import { Yard } from '../support/yard.js';

const STACK = fileURLToPath(new URL('../fixtures/stacks/clouded.ts', import.meta.url));
const SHORT_LEASE = {
  NODEYARD_LEASE_TTL: '4s',
  NODEYARD_LEASE_RENEW: '500ms',
  NODEYARD_LEASE_STOP_MARGIN: '1s',
  NODEYARD_QUEUE_LOCK: '3s',
  NODEYARD_QUEUE_STALLED: '1s',
};
const FOR_EVER = {
  NODEYARD_RECONCILE_INTERVAL: '200ms',
  NODEYARD_RECONCILE_DESTROY_RETRY: '200ms',
  NODEYARD_RECONCILE_DESTROY_RETRY_MAX: '400ms',
};
const PATIENT = { timeout: 60_000 };

let yard: Yard;
let cloud: string;
afterEach(async () => {
  try {
    expect(machines()).toEqual([]);
  } finally {
    await yard.close();
    rmSync(cloud, { recursive: true, force: true });
  }
});

async function open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  cloud = mkdtempSync(join(tmpdir(), 'ny-cloud-'));
  yard = await Yard.open({ NODEYARD_STACKS: STACK, TEST_CLOUD: cloud, ...settings });
}
const machines = (): string[] =>
  readdirSync(cloud)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.replace('.json', ''));
const calls = (): string[] => {
  const file = join(cloud, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
};
const callsOf = (what: string): string[] => calls().filter((call) => call.startsWith(what));
const answers = (call: 'list' | 'destroy', error?: string): void => {
  const file = join(cloud, `${call}.fails`);
  if (error === undefined) rmSync(file, { force: true });
  else writeFileSync(file, error);
};
async function request(create: string[], more: Partial<NodeRequest> = {}): Promise<string> {
  const node = { group: 'g', role: 'r', stack: 'clouded', inputs: { cloud, create } };
  return (await yard.app.client.requestNode({ ...node, ...more })).node.id;
}
async function destroyed(id: string): Promise<void> {
  await yard.app.client.requestDestruction(id);
  await yard.reaches(id, 'DESTROYED');
}
const reasonsOf = async (id: string) => (await yard.app.store.history(id)).map(({ reason }) => reason ?? '');

describe('a node whose runs are all sure of what they made', () => {
  test('costs no question, and its place is remembered', PATIENT, async () => {
    await open();
    await yard.startWorker();
    const id = await request(['ok']);
    const { outputs } = await yard.reaches(id, 'CREATED');
    expect(machines()).toEqual([outputs?.['machine']]);
    await destroyed(id);
    expect(callsOf('list')).toEqual([]);
    expect(await yard.app.redis.smembers('{nodeyard}:places')).toEqual(['clouded here']);
  });

  test('costs none either where a run fails before it has begun anything', PATIENT, async () => {
    await open();
    await yard.startWorker();
    const id = await request([], { inputs: { cloud, unplannable: true } });
    const { failure } = await yard.reaches(id, 'FAILED');
    expect(failure).toMatchObject({ code: 'BAD_REQUEST', attempts: 1 });
    await destroyed(id);
    expect(calls()).toEqual([]);
  });
});

describe('a create that follows a run which is not sure of what it made', () => {
  test.each([
    ['whose cloud’s answer was lost', 'lose'],
    ['whose Terraform was killed between effect and answer', 'lose-and-kill'],
  ])('%s destroys what no state holds before anything is made again', PATIENT, async (_, step) => {
    await open();
    await yard.startWorker();
    const id = await request([step, 'ok']);
    const { outputs } = await yard.reaches(id, 'CREATED');
    expect(machines()).toEqual([outputs?.['machine']]);
    const [lost = ''] = callsOf('make').map((call) => call.replace('make ', ''));
    expect(calls()).toEqual([`make ${lost}`, 'list', `destroy ${lost}`, `make ${outputs?.['machine']}`]);
    expect(await reasonsOf(id)).toContain(
      `destroyed machine ${lost} in cloud-here: an earlier run made it, and no state holds it`,
    );
    await destroyed(id);
    expect(callsOf('list')).toHaveLength(1);
  });

  test('whose worker was killed asks on another worker', PATIENT, async () => {
    await open(SHORT_LEASE);
    const doomed = await yard.spawnWorker();
    const id = await request(['lose-and-wait', 'ok']);
    await expect.poll(() => callsOf('make').length, { timeout: 20_000 }).toBe(1);
    doomed.signal('SIGKILL');
    await doomed.exited();
    await yard.startWorker();
    const { outputs } = await yard.reaches(id, 'CREATED');
    expect(machines()).toEqual([outputs?.['machine']]);
    await destroyed(id);
  });

  test('that a shutdown ended gracefully, its provider giving up, asks as well', PATIENT, async () => {
    await open();
    await yard.startWorker();
    const id = await request(['lose-and-wait', 'ok']);
    await expect.poll(() => callsOf('make').length, { timeout: 20_000 }).toBe(1);
    await yard.stopWorker();
    expect(machines()).toHaveLength(1);
    await yard.startWorker();
    const { outputs } = await yard.reaches(id, 'CREATED');
    expect(machines()).toEqual([outputs?.['machine']]);
    await destroyed(id);
  });

  test('makes nothing while the cloud cannot be asked, and goes on once it can', PATIENT, async () => {
    await open({ NODEYARD_RETRY_CREATE_ATTEMPTS: '100' });
    await yard.startWorker();
    answers('list', 'socket hang up');
    const id = await request(['lose', 'ok']);
    await expect.poll(() => callsOf('list').length, { timeout: 20_000 }).toBeGreaterThan(2);
    expect(callsOf('make')).toHaveLength(1);
    expect((await yard.app.client.get(id)).lastError).toMatchObject({
      code: 'INVENTORY_UNAVAILABLE',
      message: 'cloud-here cannot say what exists: socket hang up',
    });
    answers('list');
    const { outputs } = await yard.reaches(id, 'CREATED');
    expect(machines()).toEqual([outputs?.['machine']]);
    await destroyed(id);
  });

  test(
    'waits until the list of the cloud can be believed, and a shutdown does not wait for that',
    PATIENT,
    async () => {
      await open({ TEST_SETTLE_MS: '3600000' });
      await yard.startWorker();
      const id = await request(['lose', 'ok']);
      const phase = async () => (await yard.app.client.get(id)).progress?.phase;
      await expect.poll(phase, { timeout: 20_000 }).toBe('recovering');
      await yard.stopWorker();
      expect(calls()).toHaveLength(1);
      expect((await yard.app.client.get(id)).state).toBe('CREATING');
      await yard.app.client.requestDestruction(id);
      // Another worker, of which the cloud’s list is said to be true at once.
      const other = await yard.spawnWorker({ TEST_SETTLE_MS: '0' });
      await yard.reaches(id, 'DESTROYED');
      other.signal('SIGTERM');
      await other.exited();
    },
  );
});

describe('a create that is given up', () => {
  test('is cleaned up to the last machine, also to those that no state holds', PATIENT, async () => {
    await open({ NODEYARD_RETRY_CREATE_ATTEMPTS: '2' });
    await yard.startWorker();
    const id = await request(['lose']);
    await yard.reaches(id, 'FAILED');
    expect(callsOf('make')).toHaveLength(2);
    expect(machines()).toEqual([]);
    await destroyed(id);
  });

  test(
    'says so where that cannot be made sure, and its destruction goes on from there',
    PATIENT,
    async () => {
      await open({ NODEYARD_RETRY_CREATE_ATTEMPTS: '1', ...FOR_EVER });
      await yard.startWorker();
      answers('list', 'socket hang up');
      const id = await request(['lose']);
      const { failure } = await yard.reaches(id, 'FAILED');
      expect(failure?.message).toMatch(/could not be cleaned up: INVENTORY_UNAVAILABLE: .*socket hang up/);
      answers('list');
      await destroyed(id);
    },
  );

  test('and is to keep what it has keeps all of it, until its destruction', PATIENT, async () => {
    await open({ NODEYARD_RETRY_CREATE_ATTEMPTS: '1' });
    await yard.startWorker();
    const id = await request(['lose'], { onFailure: 'keep' });
    await yard.reaches(id, 'FAILED');
    expect(machines()).toHaveLength(1);
    expect(callsOf('list')).toEqual([]);
    await destroyed(id);
  });
});

describe('a destroy', () => {
  test('that stops a create in the middle of a machine leaves none', PATIENT, async () => {
    await open();
    await yard.startWorker();
    const id = await request(['lose-and-wait']);
    await expect.poll(() => callsOf('make').length, { timeout: 20_000 }).toBe(1);
    await destroyed(id);
    expect(callsOf('destroy')).toHaveLength(1);
  });

  test(
    'is never said to be done while the cloud cannot be asked: it is tried for ever',
    PATIENT,
    async () => {
      await open({ NODEYARD_RETRY_CREATE_ATTEMPTS: '1', NODEYARD_RETRY_DESTROY_ATTEMPTS: '1', ...FOR_EVER });
      await yard.startWorker();
      const id = await request(['lose'], { onFailure: 'keep' });
      await yard.reaches(id, 'FAILED');
      answers('destroy', 'no');
      answers('list', 'socket hang up');
      await yard.app.client.requestDestruction(id);
      const failures = async () => (await yard.app.client.get(id)).failedDestroys?.count ?? 0;
      await expect.poll(failures, { timeout: 20_000 }).toBeGreaterThan(1);
      expect(machines()).toHaveLength(1);
      answers('list');
      answers('destroy');
      await expect
        .poll(async () => (await yard.app.client.get(id)).state, { timeout: 20_000 })
        .toBe('DESTROYED');
    },
  );
});

test('a stack whose inventory is not to be asked is as one that has none', PATIENT, async () => {
  await open({ NODEYARD_FLEET_SKIP_INVENTORIES: 'clouded' });
  await yard.startWorker();
  const id = await request(['lose', 'ok']);
  await yard.reaches(id, 'CREATED');
  expect(machines()).toHaveLength(2);
  await destroyed(id);
  expect(machines()).toHaveLength(1);
  expect(callsOf('list')).toEqual([]);
  for (const id of machines()) rmSync(join(cloud, `${id}.json`));
});
