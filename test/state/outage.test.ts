/** Redis away in the middle of a run: what was harvested arrives when it is back. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../src/log.js';
import { FENCE_FIELDS, nodeKey } from '../../src/node/keys.js';
import { createHarvester, type Harvester } from '../../src/state/harvest.js';
import { createRedisStateRepository } from '../../src/state/redis-repository.js';
import type { StateRepository } from '../../src/state/repository.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { stateText, stateWith, textOf } from './support/documents.js';

let base: string;
let settings: string[];
let server: TestRedis | undefined;
const clients: Redis[] = [];
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'ny-outage-'));
  await mkdir(join(base, 'data'));
  settings = ['--unixsocket', join(base, 's'), '--dir', join(base, 'data'), '--appendfsync', 'always'];
  server = await startTestRedis(settings);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await server?.stop();
  server = undefined;
  await rm(base, { recursive: true, force: true });
});

function connect(temper: 'patient' | 'brisk'): {
  readonly redis: Redis;
  readonly repository: StateRepository;
} {
  const redis = new Redis(join(base, 's'), {
    retryStrategy: () => 20,
    ...(temper === 'patient'
      ? { maxRetriesPerRequest: null }
      : { maxRetriesPerRequest: 1, enableOfflineQueue: false }),
  });
  redis.on('error', () => {});
  clients.push(redis);
  return { redis, repository: createRedisStateRepository({ redis, keptVersions: 3 }) };
}

const statePath = (): string => join(base, 'terraform.tfstate');
const goodPath = (): string => join(base, 'state.good');
const harvest = (repository: StateRepository): Harvester =>
  createHarvester({
    statePath: statePath(),
    goodPath: goodPath(),
    save: (document, sequence) => repository.save('n', { epoch: 1, sequence, document }),
    firstSequence: 1,
    log: silentLog,
    timing: { retryMs: [20] },
  });
const growing = (count: number): string =>
  stateText(Array.from({ length: count }, (_, index) => ({ name: `r${index}` })));

test.each(['patient', 'brisk'] as const)(
  'Redis is killed and comes back with its data: the newest state arrives (%s client)',
  async (temper) => {
    const { redis, repository } = connect(temper);
    await expect.poll(() => redis.status).toBe('ready');
    await redis.hset(nodeKey('n'), FENCE_FIELDS.epoch, 1);
    const harvester = harvest(repository);
    await writeFile(statePath(), growing(1));
    harvester.touch();
    await expect.poll(async () => textOf((await repository.load('n'))?.document)).toBe(growing(1));

    await server?.stop();
    for (let count = 2; count <= 10; count += 1) {
      await writeFile(statePath(), growing(count));
      harvester.touch();
    }
    await expect.poll(() => readFile(goodPath(), 'utf8')).toBe(growing(10));
    const finished = harvester.finish();
    server = await startTestRedis(settings);

    expect(await finished).toMatchObject({ stored: true, result: 'canonical', torn: false });
    const stored = await repository.load('n');
    expect([stored?.epoch, textOf(stored?.document)]).toEqual([1, growing(10)]);
  },
);

test('Redis hangs: the run goes on, the end gives up at its signal, and the directory keeps the state', async () => {
  const { redis, repository } = connect('patient');
  await redis.hset(nodeKey('n'), FENCE_FIELDS.epoch, 1);
  const pid = server?.pid as number;
  const harvester = harvest(repository);
  process.kill(pid, 'SIGSTOP');
  try {
    await writeFile(statePath(), growing(3));
    harvester.touch();
    await expect.poll(() => readFile(goodPath(), 'utf8').catch(() => '')).toBe(growing(3));
    const giveUp = new AbortController();
    const finished = harvester.finish(giveUp.signal);
    giveUp.abort();
    expect(await finished).toMatchObject({ stored: false, document: Buffer.from(growing(3)) });
    expect(await readFile(goodPath(), 'utf8')).toBe(growing(3));
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  // What was on its way arrives when Redis goes on; storing the same again from the directory is harmless.
  const document = await readFile(goodPath());
  const sequence = Number.MAX_SAFE_INTEGER;
  expect(await repository.save('n', { epoch: 1, sequence, document })).toBe('canonical');
});

test('Redis hangs for a while: the end waits and the state is stored', async () => {
  const { redis, repository } = connect('patient');
  await redis.hset(nodeKey('n'), FENCE_FIELDS.epoch, 1);
  const pid = server?.pid as number;
  process.kill(pid, 'SIGSTOP');
  await writeFile(statePath(), growing(2));
  const finished = harvest(repository).finish();
  await expect.poll(() => readFile(goodPath(), 'utf8').catch(() => '')).toBe(growing(2));
  process.kill(pid, 'SIGCONT');
  expect(await finished).toMatchObject({ stored: true, result: 'canonical' });
});

test('every call says REDIS_UNAVAILABLE while Redis is away', async () => {
  const { redis, repository } = connect('brisk');
  await expect.poll(() => redis.status).toBe('ready');
  await server?.stop();
  server = undefined;
  const document = stateWith('a');
  const asks = [
    () => repository.load('n'),
    () => repository.summary('n'),
    () => repository.save('n', { epoch: 1, sequence: 1, document }),
    () => repository.list(),
    () => repository.versions('n'),
    () => repository.loadVersion('n', 1),
    () => repository.quarantined(),
    () => repository.quarantined('n'),
    () => repository.loadQuarantined('n', 1),
    () => repository.closeQuarantine('n', 1),
    () => repository.replace('n', document),
    () => repository.remove('n', 1),
    () => repository.saveConfiguration('n', 1, '{}'),
    () => repository.loadConfiguration('n'),
  ];
  for (const ask of asks) await expect(ask()).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
});

test('a Redis that is loading its data, out of memory or read-only is as good as away', async () => {
  const { redis, repository } = connect('patient');
  await redis.hset(nodeKey('n'), FENCE_FIELDS.epoch, 1);
  const save = () => repository.save('n', { epoch: 1, sequence: 1, document: stateWith('a') });
  await redis.config('SET', 'maxmemory', '1');
  await expect(save()).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
  await redis.config('SET', 'maxmemory', '0');
  await redis.replicaof('127.0.0.1', 1);
  await expect(save()).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
  await redis.replicaof('NO', 'ONE');
  expect(await save()).toBe('canonical');
});
