import { describe, expect, it } from 'vitest';
import type { NodeEvent } from '../../src/node/record.js';
import { createRedisStore } from '../../src/store/redis-store.js';
import { MAX_DIAGNOSTICS, MAX_TEXT } from '../../src/store/text-bounds.js';
import { failureOf, nodeAt, nodeRequest, RETENTION, useStore } from './support.js';

const fixture = useStore();
const byProducer = { actor: 'producer' } as const;

/** Done once so many clients wait in a blocking read. */
async function waiting(clients: number): Promise<void> {
  await expect
    .poll(async () => /blocked_clients:(\d+)/.exec(await fixture.redis.info('clients'))?.[1])
    .toBe(String(clients));
}

describe('history', () => {
  it('tells a node’s life, oldest first, with times, actors and reasons', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'CREATED');
    fixture.now += 1_000;
    const failure = failureOf('timeout');
    await store.transition(id, { to: 'FAILED', actor: 'reconciler', reason: 'silent', failure });
    const history = await store.history(id);
    expect(history.map(({ from, to }) => [from, to])).toEqual([
      [undefined, 'REQUESTED'],
      ['REQUESTED', 'CREATING'],
      ['CREATING', 'CREATED'],
      ['CREATED', 'FAILED'],
    ]);
    expect(history.at(-1)).toEqual({
      position: expect.stringMatching(/^\d+-\d+$/),
      type: 'transition',
      nodeId: id,
      group: 'web',
      role: 'edge',
      from: 'CREATED',
      to: 'FAILED',
      actor: 'reconciler',
      epoch: 1,
      at: fixture.now,
      reason: 'silent',
      failure: { ...failure, at: fixture.now },
    });
  });

  it('holds the same events as the stream', async () => {
    const { id } = await nodeAt(fixture.store, 'DESTROYED');
    expect(await fixture.store.events({ after: '0' })).toEqual(await fixture.store.history(id));
  });

  it('keeps the last events only', async () => {
    const retention = { historyEntries: 3, eventEntries: 1_000 };
    const store = createRedisStore({ redis: fixture.redis, retention });
    const { node } = await store.create(nodeRequest(), byProducer);
    for (let i = 0; i < 5; i += 1) await store.note(node.id, { actor: 'operator', reason: `note ${i}` });
    const reasons = (await store.history(node.id)).map(({ reason }) => reason);
    expect(reasons).toEqual(['note 2', 'note 3', 'note 4']);
  });

  it('gives only the newest where a limit is given', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATED');
    const all = await fixture.store.history(id);
    expect(await fixture.store.history(id, 2)).toEqual(all.slice(-2));
    await expect(fixture.store.history(id, 0)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('has no inputs and no outputs in it', async () => {
    const { store, redis } = fixture;
    await nodeAt(store, 'DESTROYED', { inputs: { secret: 'open-sesame' } });
    const { id, epoch } = await nodeAt(store, 'CREATING', { inputs: { secret: 'open-sesame' } });
    await store.transition(id, { to: 'CREATED', actor: 'terraform', epoch, outputs: { key: 'open-sesame' } });
    expect(JSON.stringify(await store.events({ after: '0' }))).not.toContain('open-sesame');
    expect(JSON.stringify(await redis.xrange('{nodeyard}:events', '-', '+'))).not.toContain('open-sesame');
  });

  it('takes a note that moves nothing, of a node that exists', async () => {
    const node = await nodeAt(fixture.store, 'INSERVICE');
    expect(await fixture.store.note(node.id, { actor: 'operator', reason: 'looked at' })).toBe(true);
    expect(await fixture.store.get(node.id)).toEqual(node);
    expect((await fixture.store.history(node.id)).at(-1)).toMatchObject({
      type: 'noted',
      reason: 'looked at',
    });
    expect(await fixture.store.note('nobody', { actor: 'operator', reason: 'x' })).toBe(false);
    expect(await fixture.store.history('nobody')).toEqual([]);
  });

  it('bounds what runs and people write, in the record and in the event', async () => {
    const { store } = fixture;
    const { id, epoch } = await nodeAt(store, 'CREATING');
    const long = '\u{1F4A5}'.repeat(MAX_TEXT);
    const diagnostic = { severity: 'error', summary: long, detail: long, address: long } as const;
    const failure = { ...failureOf('create'), message: long, diagnostics: Array(50).fill(diagnostic) };
    await store.transition(id, { to: 'FAILED', actor: 'terraform', epoch, reason: `\ud800${long}`, failure });
    const event = (await store.history(id)).at(-1) as NodeEvent;
    const record = await store.get(id);
    expect(record?.failure).toEqual(event.failure);
    expect(event.failure?.diagnostics).toHaveLength(MAX_DIAGNOSTICS);
    const texts = [
      event.reason,
      event.failure?.message,
      ...Object.values(event.failure?.diagnostics[0] ?? {}),
    ];
    for (const text of texts) {
      expect(text?.length).toBeLessThanOrEqual(MAX_TEXT);
      expect(text).not.toMatch(/\p{Surrogate}/u);
    }
    expect(event.failure?.message).toHaveLength(MAX_TEXT);
  });
});

describe('events', () => {
  it('gives what came after a position, and so many', async () => {
    const { store } = fixture;
    await nodeAt(store, 'INSERVICE');
    const all = await store.events({ after: '0' });
    expect(all).toHaveLength(5);
    for (const [i, event] of all.entries()) {
      expect(await store.events({ after: event.position })).toEqual(all.slice(i + 1));
      expect(await store.events({ after: event.position, limit: 1 })).toEqual(all.slice(i + 1, i + 2));
      expect(await store.events({ after: event.position, limit: 2, blockMs: 1 })).toEqual(
        all.slice(i + 1, i + 3),
      );
    }
    expect(await store.events({ after: '$' })).toEqual([]);
  });

  it('knows the position of the newest event, from which a tail misses nothing', async () => {
    const { store } = fixture;
    expect(await store.latestPosition()).toBe('0');
    await nodeAt(store, 'REQUESTED');
    const position = await store.latestPosition();
    const { id } = await nodeAt(store, 'REQUESTED');
    expect(await store.events({ after: position })).toMatchObject([{ nodeId: id }]);
  });

  it('keeps about as many as it was told to', async () => {
    const retention = { historyEntries: 1, eventEntries: 100 };
    const store = createRedisStore({ redis: fixture.redis, retention });
    const { node } = await store.create(nodeRequest(), byProducer);
    await Promise.all(
      Array.from({ length: 1_000 }, () => store.note(node.id, { actor: 'operator', reason: 'x' })),
    );
    const kept = await fixture.redis.xlen('{nodeyard}:events');
    expect(kept).toBeGreaterThanOrEqual(100);
    expect(kept).toBeLessThan(300);
  });

  it.each(['0', '$'])('waits for the first new event after %s', async (after) => {
    const { store } = fixture;
    const tail = store.events({ after, blockMs: 30_000 });
    await waiting(1);
    const { id } = await nodeAt(store, 'REQUESTED');
    expect(await tail).toMatchObject([{ nodeId: id, to: 'REQUESTED' }]);
  });

  it('comes back with nothing when nothing happens', async () => {
    expect(await fixture.store.events({ after: '0', blockMs: 20 })).toEqual([]);
  });

  it('lets many tails wait side by side, and writes go on meanwhile', async () => {
    const { store } = fixture;
    const tails = Array.from({ length: 5 }, () => store.events({ after: '$', blockMs: 30_000 }));
    await waiting(5);
    const { id } = await nodeAt(store, 'REQUESTED');
    for (const tail of tails) expect(await tail).toMatchObject([{ nodeId: id }]);
  });

  it('uses its connections again', async () => {
    const { store, redis } = fixture;
    for (let i = 0; i < 5; i += 1) await store.events({ after: '$', blockMs: 1 });
    expect(
      String(await redis.client('LIST'))
        .trim()
        .split('\n'),
    ).toHaveLength(2);
  });

  it('ends a waiting tail empty-handed when the store is closed, and lets none begin after', async () => {
    const { store, redis } = fixture;
    const tail = store.events({ after: '$', blockMs: 30_000 });
    await waiting(1);
    await store.close();
    expect(await tail).toEqual([]);
    await expect(store.events({ after: '$', blockMs: 10 })).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
    });
    expect(redis.status).toBe('ready');
  });

  it('waits on the connections that it is given, and closes them', async () => {
    const { redis } = fixture;
    const given = [redis.duplicate(), redis.duplicate()];
    const [first, spare] = given;
    const store = createRedisStore({
      redis,
      retention: RETENTION,
      blocking: () => given.shift() as typeof redis,
    });
    expect(await store.events({ after: '$', blockMs: 1 })).toEqual([]);
    expect(given).toEqual([spare]);
    await store.close();
    await expect.poll(() => first?.status).toBe('end');
    spare?.disconnect();
  });

  it.each([
    ['after', { after: '' }],
    ['after', { after: 'x' }],
    ['after', { after: '1-1 COUNT' }],
    ['after', { after: '-' }],
    ['limit', { after: '0', limit: 0 }],
    ['limit', { after: '0', limit: 1_001 }],
    ['blockMs', { after: '0', blockMs: -1 }],
  ])('refuses a wrong %s: %j', async (field, query) => {
    await expect(fixture.store.events(query)).rejects.toMatchObject({ code: 'INVALID_INPUT', field });
  });
});
