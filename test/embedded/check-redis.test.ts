import { Redis, ReplyError } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AskableRedis, checkRedis } from '../../src/embedded/check-redis.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

describe('a real Redis', () => {
  let server: TestRedis;
  let redis: Redis;
  beforeEach(async () => {
    server = await startTestRedis();
    redis = new Redis(server.socket);
  });
  afterEach(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('that is set up well gives no finding', async () => {
    expect(await checkRedis(redis)).toEqual([]);
  });

  it('that may evict is an error, one that forgets a warning, each with its mend', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.config('SET', 'appendonly', 'no');
    const findings = await checkRedis(redis);
    expect(findings).toMatchObject([
      { severity: 'error', setting: 'maxmemory-policy', found: 'allkeys-lru', wanted: 'noeviction' },
      { severity: 'warning', setting: 'appendonly', found: 'no', wanted: 'yes' },
    ]);
    expect(findings.every(({ mend }) => mend.includes('redis-cli config set'))).toBe(true);
  });

  it('that forbids CONFIG is judged by INFO', async () => {
    await redis.config('SET', 'maxmemory-policy', 'volatile-ttl');
    await redis.call('ACL', 'SETUSER', 'default', '-config');
    expect(await checkRedis(redis)).toMatchObject([{ severity: 'error', found: 'volatile-ttl' }]);
  });

  it('that forbids INFO and CONFIG is unknown, which is only a warning', async () => {
    await redis.call('ACL', 'SETUSER', 'default', '-config', '-info');
    expect(await checkRedis(redis)).toMatchObject([
      { severity: 'warning', setting: 'version', found: 'unknown' },
      { severity: 'warning', setting: 'maxmemory-policy', found: 'unknown' },
      { severity: 'warning', setting: 'appendonly', found: 'unknown' },
    ]);
  });
});

describe('an answer', () => {
  const answering = (info: string, config: () => Promise<unknown> = async () => []): AskableRedis => ({
    info: async () => info,
    config,
  });

  it.each(['6.2.0', '7.0.15', '7.2.4', '8.0.1', '10.0.0'])('of version %s is new enough', async (version) => {
    const info = `redis_version:${version}\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n`;
    expect(await checkRedis(answering(info))).toEqual([]);
  });

  it.each(['6.0.16', '5.0.7', '2.8.0'])('of version %s is an error', async (version) => {
    const info = `redis_version:${version}\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n`;
    expect(await checkRedis(answering(info))).toMatchObject([{ severity: 'error', found: version }]);
  });

  it('without the policy in INFO is completed by CONFIG', async () => {
    const info = 'redis_version:7.0.0\r\naof_enabled:1\r\n';
    const findings = await checkRedis(answering(info, async () => ['maxmemory-policy', 'allkeys-lfu']));
    expect(findings).toMatchObject([{ severity: 'error', found: 'allkeys-lfu' }]);
  });

  it('that the server refuses is unknown; a lost connection is thrown', async () => {
    const info = 'redis_version:7.0.0\r\naof_enabled:1\r\n';
    const refusing = answering(info, () => Promise.reject(new ReplyError("ERR unknown command 'CONFIG'")));
    expect(await checkRedis(refusing)).toMatchObject([{ severity: 'warning', found: 'unknown' }]);
    const lost = answering(info, () => Promise.reject(new Error('Connection is closed.')));
    await expect(checkRedis(lost)).rejects.toThrow('Connection is closed.');
  });
});
