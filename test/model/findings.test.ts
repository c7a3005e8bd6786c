/** What the model has found, each as the shortest walk that shows it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { Coverage } from './coverage.js';
import { destroyEverything } from './heal.js';
import { DESTROY_RETRY, OPERATIONS, RECONCILE, SECOND } from './settings.js';
import { STACK_NAME } from './stack.js';
import { World } from './world.js';

let server: TestRedis;
let redis: Redis;
let directory: string;
let world: World;
beforeAll(async () => {
  server = await startTestRedis(['--appendfsync', 'no']);
  redis = new Redis(server.socket);
  directory = mkdtempSync(join(tmpdir(), 'ny-findings-'));
});
beforeEach(async () => {
  world = await World.open({ redis, directory: join(directory, 'walk'), coverage: new Coverage() });
});
afterEach(() => world.close());
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const could = (key: RegExp): boolean =>
  [...world.gates.waiting, ...world.tasks].some((each) => key.test(each.key));

/** Everything goes on, one step after the other, and time passes where nothing else can, until this could happen next. */
async function until(key: RegExp): Promise<void> {
  for (let passed = 0; !could(key); ) {
    const what = await world.proceed(0);
    if (what === undefined) {
      passed += 1;
      if (passed > 100) throw new Error(`${key.source} never came`);
      world.time.pass(world.time.untilNext() ?? SECOND);
    }
    await world.settle(what ?? 'time passes');
  }
}

/** Everything that fits happens, and nothing else. */
async function all(key = /(?:)/): Promise<void> {
  for (let what = await world.proceed(0, key); what !== undefined; what = await world.proceed(0, key)) {
    await world.settle(what);
  }
}

const request = (): void =>
  world.ask((client) =>
    client.requestNode({ id: 'n0', group: 'g', role: 'r', stack: STACK_NAME, inputs: { parts: 2 } }),
  );
async function pass(ms: number): Promise<void> {
  world.time.pass(ms);
  await world.settle('time passes');
  await all();
}
async function look(): Promise<void> {
  world.livingWorkers[0]?.look();
  await all();
}
const stateOf = (id: string) => world.reference.nodes.get(id)?.model.state;
const parts = (): string[] => world.cloud.things.map(({ part }) => part);
/** Longer than a lease and the lock of a job. */
const OVERTAKE_MS = OPERATIONS.lease.ttlMs + SECOND;

describe('a destruction that has lasted longer than its limit', () => {
  it('is tried again by the reconciler’s schedule, and not because its job comes once more', async () => {
    request();
    await all();
    const [net] = world.cloud.things;
    // Nobody’s: the first look ends it, and the second one’s try succeeds.
    world.cloud.create({ nodeId: 'another', part: 'disk', on: [net?.id ?? ''] });
    world.ask((client) => client.requestDestruction('n0'));
    await all();
    expect(stateOf('n0')).toBe('DESTROYING');
    await pass(RECONCILE.limitsMs.DESTROYING ?? 0);
    await look();
    expect(stateOf('n0')).toBe('FAILED');
    await pass(10 * SECOND);
    expect(world.queue.jobs.map(({ id, state }) => `${id} ${state}`)).toContain('destroy-n0-2 failed');
    expect(stateOf('n0')).toBe('FAILED');
    await pass(DESTROY_RETRY.firstMs);
    await look();
    expect(stateOf('n0')).toBe('DESTROYED');
  });
});

describe('what the node’s own state holds is destroyed', () => {
  it('although a machine uses it that only the cloud knows', async () => {
    request();
    await until(/terraform creates .*machine/);
    world.ahead.set('terraform creates', { how: 'lost', fault: 'network' });
    await all();
    expect(parts()).toEqual(['net', 'machine']);
    await destroyEverything(world, redis);
  });

  it('although a machine uses it that only a quarantined state holds', async () => {
    request();
    await until(/terraform begins .*machine/);
    await all(/is followed/);
    world.time.pass(SECOND);
    await world.settle('the state is looked at');
    await all(/states.save/);
    const [{ owner } = { owner: undefined }] = world.hosts.flatMap(({ runs }) => runs);
    owner?.freeze();
    world.ask((client) => client.requestDestruction('n0'));
    await all(/^producer|terraform/);
    expect(parts()).toEqual(['net', 'machine']);
    world.time.pass(OVERTAKE_MS);
    await until(/terraform starts/);
    owner?.wake();
    await all(new RegExp(`^${owner?.name} |noticed`));
    const { stored } = await world.moment();
    expect(stored.canonical.get('n0')?.size).toBe(1);
    expect(stored.quarantined.map(({ ids }) => ids.size)).toEqual([2]);
    await destroyEverything(world, redis);
  });

  it('and DESTROYED is not said while a document lies in quarantine that came as the cloud was asked', async () => {
    request();
    await until(/terraform begins .*machine/);
    const [{ owner } = { owner: undefined }] = world.hosts.flatMap(({ runs }) => runs);
    owner?.freeze();
    world.ask((client) => client.requestDestruction('n0'));
    await all(/^producer|terraform/);
    world.time.pass(OVERTAKE_MS);
    await until(/inventory.list n0/);
    owner?.wake();
    await all(new RegExp(`^${owner?.name} |noticed`));
    expect((await world.moment()).stored.quarantined).toHaveLength(1);
    await all();
    expect(stateOf('n0')).toBe('DESTROYED');
    expect(parts()).toEqual([]);
  });
});
