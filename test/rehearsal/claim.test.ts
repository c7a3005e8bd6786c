/** A fleet lives in one cloud: what would take its nodes to another is refused before it touches them. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimDataDirectory, claimFleet } from '../../src/rehearsal/claim.js';
import { SEQUENCE_KEY } from '../../src/store/keys.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

const ONE = { id: 'one', directory: '/clouds/one' };
const OTHER = { id: 'other', directory: '/clouds/other' };
const CLAIM = { claim: true };
const LOOK = { claim: false };

describe('a fleet', () => {
  let server: TestRedis;
  let redis: Redis;
  beforeAll(async () => {
    server = await startTestRedis();
    redis = new Redis(server.socket);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  afterEach(() => redis.flushall());

  it('that a look finds empty may still become either', async () => {
    await claimFleet(redis, undefined, LOOK);
    expect(await redis.dbsize()).toBe(0);
    await claimFleet(redis, ONE, CLAIM);
    await claimFleet(redis, ONE, LOOK);
  });

  it('that is real is refused to a rehearsal', async () => {
    await claimFleet(redis, undefined, CLAIM);
    await claimFleet(redis, undefined, CLAIM);
    await expect(claimFleet(redis, ONE, CLAIM)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      field: 'redisUrl',
      message: expect.stringMatching(/lives in the real cloud.*\/clouds\/one.*of its own/s),
    });
  });

  it('that made nodes before there were marks is real', async () => {
    await redis.set(SEQUENCE_KEY, 1);
    await expect(claimFleet(redis, ONE, CLAIM)).rejects.toThrow('lives in the real cloud');
    await claimFleet(redis, undefined, CLAIM);
    expect(await redis.keys('*cloud')).toEqual([]);
  });

  it('of a rehearsal is refused to whoever does not name that cloud', async () => {
    await claimFleet(redis, ONE, CLAIM);
    await redis.set(SEQUENCE_KEY, 1);
    await expect(claimFleet(redis, undefined, LOOK)).rejects.toThrow('NODEYARD_SIMULATED_CLOUD');
    await expect(claimFleet(redis, OTHER, CLAIM)).rejects.toThrow('simulated one');
    await claimFleet(redis, ONE, CLAIM);
  });

  it('that two claim at once goes to one of them', async () => {
    const claims = [ONE, OTHER, undefined].map((cloud) => claimFleet(redis, cloud, CLAIM));
    const settled = await Promise.allSettled(claims);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('a data directory', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = join(mkdtempSync(join(tmpdir(), 'ny-claim-')), 'data');
  });
  afterEach(() => rmSync(join(dataDir, '..'), { recursive: true }));

  it('belongs to the first that works in it', async () => {
    await claimDataDirectory(dataDir, ONE);
    await claimDataDirectory(dataDir, ONE);
    expect(readFileSync(join(dataDir, 'cloud'), 'utf8')).toBe('simulated one\n');
    await expect(claimDataDirectory(dataDir, undefined)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      field: 'dataDir',
    });
    await expect(claimDataDirectory(dataDir, OTHER)).rejects.toThrow(dataDir);
  });

  it('that had runs before there were marks is the real cloud’s', async () => {
    mkdirSync(join(dataDir, 'runs'), { recursive: true });
    await expect(claimDataDirectory(dataDir, ONE)).rejects.toThrow('lives in the real cloud');
    expect(existsSync(join(dataDir, 'cloud'))).toBe(false);
    await claimDataDirectory(dataDir, undefined);
  });
});
