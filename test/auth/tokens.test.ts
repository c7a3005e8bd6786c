/** Tokens in a real Redis: what is kept of them, and what is not. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRedisTokens } from '../../src/auth/redis-tokens.js';
import { includes, SCOPES } from '../../src/auth/scopes.js';
import { hashOfSecret, readToken, secretMatches } from '../../src/auth/token-text.js';
import type { TokenStore } from '../../src/auth/tokens.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let server: TestRedis;
let redis: Redis;
let tokens: TokenStore;
let now: number;
beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.socket);
});
beforeEach(async () => {
  await redis.flushall();
  now = 1_700_000_000_000;
  tokens = createRedisTokens({ redis, now: () => now });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** Every key with everything in it, as text. */
async function everything(): Promise<string> {
  const keys = await redis.keys('*');
  return (
    await Promise.all(keys.map(async (key) => (await redis.dumpBuffer(key))?.toString('latin1')))
  ).join();
}

describe('a token', () => {
  test('is found by its id, and its secret is stored nowhere', async () => {
    const { token, record } = await tokens.create({ name: 'ci', scope: 'operator' });
    const { id, secret } = readToken(token) ?? { id: '', secret: '' };
    expect(id).toBe(record.id);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(await tokens.find(id)).toEqual({ ...record, secretHash: hashOfSecret(secret) });
    expect(await everything()).not.toContain(secret);
    expect(await everything()).toContain(hashOfSecret(secret));
  });

  test('that was revoked stays visible with its time, and is revoked once', async () => {
    const { record } = await tokens.create({ name: 'ci', scope: 'viewer' });
    now += 1_000;
    expect(await tokens.revoke(record.id)).toEqual({ ...record, revokedAt: now });
    now += 1_000;
    expect(await tokens.revoke(record.id)).toMatchObject({ revokedAt: now - 1_000 });
    expect(await tokens.list()).toMatchObject([{ id: record.id, revokedAt: now - 1_000 }]);
  });

  test('that nobody made is not found, not revoked, and not made by being used', async () => {
    for (const id of ['a123456789', 'no', '../../etc', '']) {
      expect(await tokens.find(id)).toBeUndefined();
      expect(await tokens.revoke(id)).toBeUndefined();
      await tokens.touch(id);
    }
    expect(await redis.keys('*')).toEqual([]);
  });

  test('says when it was used, and until when it is valid', async () => {
    const { record } = await tokens.create({ name: 'ci', scope: 'viewer', ttlMs: 60_000 });
    expect(record).toMatchObject({ createdAt: now, expiresAt: now + 60_000 });
    now += 5;
    await tokens.touch(record.id);
    expect(await tokens.list()).toEqual([{ ...record, lastUsedAt: now }]);
  });

  test('of a node is listed with its node alone, and goes with it', async () => {
    const { record } = await tokens.create({ name: 'agent', scope: 'node', nodeId: 'n1' });
    expect(record).toMatchObject({ scope: 'node', nodeId: 'n1' });
    expect(await tokens.list()).toEqual([]);
    expect(await tokens.list('n1')).toEqual([record]);
    expect(await tokens.any()).toBe(false);
    await tokens.forgetNode('n1');
    expect(await tokens.find(record.id)).toBeUndefined();
    expect(await redis.keys('*')).toEqual([]);
  });

  test('that was revoked still counts as one that was made', async () => {
    expect(await tokens.any()).toBe(false);
    const { record } = await tokens.create({ name: 'me', scope: 'admin' });
    await tokens.revoke(record.id);
    expect(await tokens.any()).toBe(true);
  });

  test('with a name that is no name is refused', async () => {
    for (const name of ['', 'a b', 'x'.repeat(64), 'a\nb']) {
      await expect(tokens.create({ name, scope: 'viewer' })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        field: 'name',
      });
    }
  });
});

test('a secret matches its own hash and no other', () => {
  const hash = hashOfSecret('right');
  expect(secretMatches('right', hash)).toBe(true);
  for (const wrong of ['', 'wrong', 'right ']) expect(secretMatches(wrong, hash)).toBe(false);
  expect(secretMatches('right', '')).toBe(false);
});

test('a text that is not exactly a token is none', () => {
  const secret = 'A'.repeat(43);
  expect(readToken(`nyt_abcdefghij_${secret}`)).toEqual({ id: 'abcdefghij', secret });
  for (const text of [
    '',
    'nyt_',
    `nyt_abcdefghij_${secret}x`,
    ` nyt_abcdefghij_${secret}`,
    `nyt_ABCDEFGHIJ_${secret}`,
    `nyt_abcdefghij_${secret}\n`,
  ]) {
    expect(readToken(text), text).toBeUndefined();
  }
});

test('viewer, operator and admin include one another in this order; a node includes nothing else and is in nothing else', () => {
  const included = SCOPES.map((held) => SCOPES.filter((wanted) => includes(held, wanted)));
  expect(included).toEqual([['viewer'], ['viewer', 'operator'], ['viewer', 'operator', 'admin'], ['node']]);
});
