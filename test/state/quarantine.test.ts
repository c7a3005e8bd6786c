/** Claims of quarantined documents: one at a time, none for ever, and never against a newer document. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FENCE_FIELDS, nodeKey } from '../../src/node/keys.js';
import { inspectState } from '../../src/state/document.js';
import type { ClaimedEntry, Quarantine } from '../../src/state/quarantine.js';
import { createRedisQuarantine } from '../../src/state/redis-quarantine.js';
import { createRedisStateRepository } from '../../src/state/redis-repository.js';
import type { StateRepository } from '../../src/state/repository.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { stateWith } from './support/documents.js';

let server: TestRedis;
let redis: Redis;
let states: StateRepository;
let quarantine: Quarantine;
let now = 0;
beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.socket);
  const keys = [new Uint8Array(32).fill(7)];
  states = createRedisStateRepository({ redis, keys, keptVersions: 2, now: () => now });
  quarantine = createRedisQuarantine({ redis, keys, now: () => now });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
  now = 1_700_000_000_000;
  await redis.hset(nodeKey('n'), FENCE_FIELDS.epoch, 5);
});

const place = { nodeId: 'n', epoch: 3 };
const save = (sequence: number, document = stateWith('a', 'b'), epoch = 3) =>
  states.save('n', { epoch, sequence, document });

async function claim(holder = 'one', leaseMs = 1_000): Promise<ClaimedEntry> {
  const claimed = await quarantine.claim(place, { holder, leaseMs });
  if (typeof claimed === 'string') throw new Error(claimed);
  return claimed;
}

describe('a claim', () => {
  test('is given to one of two, and to the other when it has ended', async () => {
    await save(1);
    const first = await claim('one');
    expect(first.claim.number).toBe(1);
    expect(inspectState(first.stored.document).resources).toBe(2);
    expect(await quarantine.claim(place, { holder: 'two', leaseMs: 1_000 })).toBe('held');
    now += 999;
    expect(await quarantine.renew(first.claim, 1_000)).toBe(true);
    now += 999;
    expect(await quarantine.claim(place, { holder: 'two', leaseMs: 1_000 })).toBe('held');
    now += 1;
    expect((await claim('two')).claim.number).toBe(2);
    expect(await quarantine.renew(first.claim, 1_000)).toBe(false);
    expect(await quarantine.amend(first.claim, stateWith())).toBe(false);
    expect(await quarantine.end(first.claim)).toBe(false);
    expect(await quarantine.release(first.claim, 0)).toBe(false);
  });

  test('of an entry that is not there is answered so', async () => {
    expect(await quarantine.claim(place, { holder: 'one', leaseMs: 1_000 })).toBe('unknown');
  });

  test('lets one write what is left, and end the entry without a trace', async () => {
    await save(1);
    await quarantine.keepConfiguration(place, '{}');
    const { claim: mine } = await claim();
    expect(await quarantine.amend(mine, stateWith('b'))).toBe(true);
    expect(await states.quarantined('n')).toMatchObject([{ epoch: 3, resources: 1 }]);
    expect(await quarantine.end(mine)).toBe(true);
    expect(await redis.keys('*')).toEqual([nodeKey('n')]);
  });

  test('changes nothing once the stale run has written a newer document', async () => {
    await save(1);
    const { claim: mine } = await claim();
    expect(await quarantine.amend(mine, stateWith('b'))).toBe(true);
    expect(await save(2, stateWith('a', 'b', 'c'))).toBe('quarantined');
    expect(await quarantine.amend(mine, stateWith())).toBe(false);
    expect(await quarantine.end(mine)).toBe(false);
    expect(await states.quarantined('n')).toMatchObject([{ resources: 3 }]);
  });

  test('never keeps a document of the stale run out', async () => {
    await save(5);
    const { claim: mine } = await claim();
    await quarantine.amend(mine, stateWith());
    expect(await save(6)).toBe('quarantined');
    expect(await states.quarantined('n')).toMatchObject([{ resources: 2 }]);
  });

  test('comes with the configuration that made the document', async () => {
    await save(1);
    expect((await claim()).configuration).toBeUndefined();
    expect(await quarantine.keepConfiguration(place, '{"a":1}')).toBe(true);
    expect((await claim()).configuration).toBe('{"a":1}');
    expect(await quarantine.keepConfiguration({ nodeId: 'n', epoch: 4 }, '{}')).toBe(false);
  });
});

describe('unattended entries', () => {
  test('are those that are quiet, without a claim and not waiting for another try', async () => {
    await save(1);
    expect(await quarantine.unattended(10, 100)).toEqual([]);
    now += 100;
    expect(await quarantine.unattended(10, 100)).toEqual([place]);
    const { claim: mine } = await claim();
    expect(await quarantine.unattended(10, 0)).toEqual([]);
    await quarantine.release(mine, 5_000);
    now += 4_999;
    expect(await quarantine.unattended(10, 0)).toEqual([]);
    now += 1;
    expect(await quarantine.unattended(10, 0)).toEqual([place]);
  });

  test('may be claimed before their next try by who cannot wait', async () => {
    await save(1);
    const { claim: mine } = await claim('one');
    await quarantine.release(mine, 60_000);
    expect((await claim('two')).claim.number).toBe(2);
  });

  test('are listed from the one that waits for longest, bounded', async () => {
    await save(1, undefined, 2);
    now += 1;
    await save(1);
    expect(await quarantine.unattended(1, 0)).toEqual([{ nodeId: 'n', epoch: 2 }]);
    expect(await quarantine.unattended(10, 0)).toHaveLength(2);
    await claim();
    expect(await quarantine.count()).toBe(2);
  });

  test('end with a quarantine that is closed by hand', async () => {
    await save(1);
    await claim();
    await states.closeQuarantine('n', 3);
    now += 10_000;
    expect(await quarantine.unattended(10, 0)).toEqual([]);
    expect(await redis.keys('*')).toEqual([nodeKey('n')]);
  });
});

test.each([
  [{ nodeId: '../n', epoch: 1 }, 'nodeId'],
  [{ nodeId: 'n', epoch: 0 }, 'epoch'],
])('an entry of %j is refused', async (wrong, field) => {
  await expect(quarantine.claim(wrong, { holder: 'one', leaseMs: 1 })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    field,
  });
});
