import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/log.js';
import { nodeKey } from '../../src/node/keys.js';
import { historyKey } from '../../src/store/keys.js';
import { createRedisStore } from '../../src/store/redis-store.js';
import { startTestRedis } from '../support/redis.js';
import { expectSoundKeys, nodeAt, nodeRequest, RETENTION, useStore } from './support.js';

// These tests break what is stored, so the records and their indexes need not agree afterwards.
const fixture = useStore({ sound: false });
const byProducer = { actor: 'producer' } as const;

describe('a record that cannot be read', () => {
  it.each([
    ['inputs', '{"a":'],
    ['inputs', '[]'],
    ['failure', '{"code":7}'],
    ['resources', '"x"'],
    ['state', 'DANCING'],
    ['epoch', 'many'],
    ['since', '-1'],
    ['createSucceeded', 'yes'],
  ])('is named by its key when its %s is %s, and its values are not', async (field, value) => {
    const { store, redis } = fixture;
    const { id } = await nodeAt(store, 'INSERVICE', { inputs: { secret: 'open-sesame' } });
    await redis.hset(nodeKey(id), field, value);
    const failed = await store.get(id).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: 'RECORD_UNREADABLE' });
    expect(String(failed)).toContain(nodeKey(id));
    expect(String(failed)).toContain(field);
    expect(String(failed)).not.toContain('open-sesame');
  });

  it('is named by every write as well, and is not changed by them', async () => {
    const { store, redis } = fixture;
    const { id } = await nodeAt(store, 'REQUESTED');
    await redis.hdel(nodeKey(id), 'sequence');
    const before = await redis.hgetall(nodeKey(id));
    const writes = [
      () => store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' }),
      () => store.begin(id, { operation: 'create', holder: 'one', leaseMs: 1 }),
      () => store.renew(id, { epoch: 0, holder: 'one' }, 1),
      () => store.release(id, { epoch: 0, holder: 'one' }),
      () => store.patch(id, 0, { attempts: 1 }),
      () => store.requestRetry(id, { actor: 'operator' }),
      () => store.note(id, { actor: 'operator', reason: 'x' }),
      () => store.nextGeneration(id),
    ];
    for (const write of writes)
      await expect(write()).rejects.toMatchObject({
        code: 'RECORD_UNREADABLE',
        message: expect.stringContaining(nodeKey(id)),
      });
    expect(await redis.hgetall(nodeKey(id))).toEqual(before);
  });

  it('may be no record at all', async () => {
    const { store, redis } = fixture;
    await redis.set(nodeKey('odd'), 'a string');
    const unreadable = { code: 'RECORD_UNREADABLE', message: expect.stringContaining(nodeKey('odd')) };
    await expect(store.get('odd')).rejects.toMatchObject(unreadable);
    await expect(store.note('odd', { actor: 'operator', reason: 'x' })).rejects.toMatchObject(unreadable);
    await expect(store.create(nodeRequest({ id: 'odd' }), byProducer)).rejects.toMatchObject(unreadable);
  });

  it.each([
    ['broken', (redis: Redis, key: string) => redis.hset(key, 'inputs', '{')],
    ['gone', (redis: Redis, key: string) => redis.del(key)],
    ['of another type', (redis: Redis, key: string) => redis.del(key).then(() => redis.set(key, 'x'))],
  ])('that is %s hides no other node from a list or from a sweep', async (_how, spoil) => {
    const { redis } = fixture;
    const logged: string[] = [];
    const log = createLog({ level: 'error', destination: { write: (line) => void logged.push(line) } });
    const store = createRedisStore({ redis, retention: RETENTION, clock: () => fixture.now, log });
    const first = await nodeAt(store, 'REQUESTED');
    const { id } = await nodeAt(store, 'REQUESTED');
    const last = await nodeAt(store, 'REQUESTED');
    await spoil(redis, nodeKey(id));
    expect(await store.list({})).toEqual({ nodes: [first, last], unreadable: [id] });
    expect(await store.stranded(10)).toEqual([first, last]);
    expect(await store.list({}, { limit: 2 })).toMatchObject({
      cursor: expect.any(String),
      unreadable: [id],
    });
    expect(logged).toHaveLength(3);
    for (const line of logged) expect(line).toContain(nodeKey(id));
  });

  it('keeps no other tombstone from being purged', async () => {
    const { store, redis } = fixture;
    const spoilt = await nodeAt(store, 'DESTROYED');
    fixture.now += 1;
    const { id } = await nodeAt(store, 'DESTROYED');
    await redis.hdel(nodeKey(spoilt.id), 'group');
    expect(await store.purgeTombstones(0, 10)).toBe(1);
    expect(await store.get(id)).toBeUndefined();
  });

  it('that a newer nodeyard wrote with a code of its own is readable all the same', async () => {
    const { store, redis } = fixture;
    const { id, failure } = await nodeAt(store, 'FAILED create');
    await redis.hset(nodeKey(id), 'failure', JSON.stringify({ ...failure, code: 'FROM_THE_FUTURE' }));
    await redis.hset(nodeKey(id), 'newField', 'x');
    expect(await store.get(id)).toMatchObject({ failure: { ...failure, code: 'UNKNOWN' } });
  });

  it('is left out of a history', async () => {
    const { store, redis } = fixture;
    const { id } = await nodeAt(store, 'CREATING');
    await redis.lset(historyKey(id), 0, '{');
    await redis.lpush(historyKey(id), '["1-1",["type"]]');
    expect(await store.history(id)).toMatchObject([{ to: 'CREATING' }]);
  });

  it('is left out of the event stream, so that a tail gets past it', async () => {
    const { store, redis } = fixture;
    await nodeAt(store, 'REQUESTED');
    await redis.xadd('{nodeyard}:events', '*', 'type', 'nonsense');
    const { id } = await nodeAt(store, 'REQUESTED');
    const events = await store.events({ after: '0' });
    expect(events).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ nodeId: id });
  });
});

describe('Redis', () => {
  it('may forget the scripts at any time', async () => {
    const { store, redis } = fixture;
    await nodeAt(store, 'DESTROYED');
    await redis.script('FLUSH');
    const { id } = await nodeAt(store, 'DESTROYED');
    await redis.script('FLUSH');
    expect(await store.list({})).toMatchObject({ nodes: [{}, { id, state: 'DESTROYED' }] });
    await redis.script('FLUSH');
    expect(await store.counts()).toMatchObject({ DESTROYED: 2 });
    await redis.script('FLUSH');
    expect(await store.purgeTombstones(0, 10)).toBe(2);
  });

  it('that is away is REDIS_UNAVAILABLE to every method, with the cause', async () => {
    const server = await startTestRedis();
    const redis = new Redis({
      path: server.socket,
      maxRetriesPerRequest: 1,
      retryStrategy: () => 5,
      lazyConnect: true,
    });
    redis.on('error', () => undefined);
    const store = createRedisStore({ redis, retention: RETENTION });
    try {
      await store.create(nodeRequest({ id: 'n' }), byProducer);
      await server.stop();
      const claim = { epoch: 1, holder: 'one' };
      const calls: Record<string, () => Promise<unknown>> = {
        create: () => store.create(nodeRequest({ id: 'n' }), byProducer),
        get: () => store.get('n'),
        findByRequestId: () => store.findByRequestId('r'),
        list: () => store.list({}),
        counts: () => store.counts(),
        transition: () => store.transition('n', { to: 'STARTED', actor: 'node' }),
        begin: () => store.begin('n', { operation: 'create', holder: 'one', leaseMs: 1 }),
        renew: () => store.renew('n', claim, 1),
        release: () => store.release('n', claim),
        patch: () => store.patch('n', 1, { attempts: 1 }),
        requestRetry: () => store.requestRetry('n', { actor: 'operator' }),
        nextGeneration: () => store.nextGeneration('n'),
        note: () => store.note('n', { actor: 'operator', reason: 'x' }),
        stranded: () => store.stranded(1),
        history: () => store.history('n'),
        events: () => store.events({ after: '0' }),
        'a waiting tail': () => store.events({ after: '0', blockMs: 1_000 }),
        latestPosition: () => store.latestPosition(),
        purgeTombstones: () => store.purgeTombstones(0, 1),
      };
      for (const [name, call] of Object.entries(calls))
        await expect(call(), name).rejects.toMatchObject({
          code: 'REDIS_UNAVAILABLE',
          cause: expect.any(Error),
        });
    } finally {
      await store.close();
      redis.disconnect();
      await server.stop();
    }
  });

  it('that does not queue for a hasty client is REDIS_UNAVAILABLE at once', async () => {
    const redis = new Redis({ path: '/nonexistent/socket', enableOfflineQueue: false, lazyConnect: true });
    redis.on('error', () => undefined);
    const store = createRedisStore({ redis, retention: RETENTION });
    await expect(store.counts()).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
    redis.disconnect();
  });

  it('that refuses writes for want of memory is REDIS_UNAVAILABLE, and nothing is half written', async () => {
    const { store, redis } = fixture;
    const node = await nodeAt(store, 'REQUESTED');
    await redis.config('SET', 'maxmemory', '1');
    try {
      for (const write of [
        () => store.create(nodeRequest(), byProducer),
        () => store.begin(node.id, { operation: 'create', holder: 'one', leaseMs: 1 }),
      ])
        await expect(write()).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
    } finally {
      await redis.config('SET', 'maxmemory', '0');
    }
    expect(await store.list({})).toEqual({ nodes: [node] });
    await expectSoundKeys(redis);
  });
});

describe('createRedisStore', () => {
  it('refuses a client whose keys would have a prefix', () => {
    const redis = new Redis({ keyPrefix: 'other:', lazyConnect: true });
    expect(() => createRedisStore({ redis, retention: RETENTION })).toThrow(/keyPrefix/);
  });

  it.each(['historyEntries', 'eventEntries'])('refuses to keep no %s', (field) => {
    const retention = { ...RETENTION, [field]: 0 };
    expect(() => createRedisStore({ redis: fixture.redis, retention })).toThrow(`retention.${field}`);
  });

  it.each(['get', 'history', 'nextGeneration'] as const)(
    'lets no id into a key in %s that is none',
    async (method) => {
      for (const id of ['a:b', '../x', '{other}', '', 'x'.repeat(64)])
        await expect(fixture.store[method](id)).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'id' });
    },
  );
});
