import { describe, expect, it } from 'vitest';
import { ACTORS } from '../../src/node/lifecycle.js';
import { createRedisStore } from '../../src/store/redis-store.js';
import { nodeAt, nodeRequest, RETENTION, useStore } from './support.js';

const fixture = useStore();
const byProducer = { actor: 'producer' } as const;

describe('create', () => {
  it('records a request as REQUESTED, with everything that was asked for', async () => {
    const request = nodeRequest({
      inputs: { text: '${file("/etc/passwd")} %{ if }', list: [1, { deep: null }], on: true },
      tags: { team: 'video' },
      labels: { note: 'first' },
      ttl: 90,
      requestId: 'request-1',
      onFailure: 'keep',
    });
    const { node, created } = await fixture.store.create(request, { actor: 'operator', reason: 'a trial' });
    expect(created).toBe(true);
    expect(node).toEqual({
      ...request,
      state: 'REQUESTED',
      since: fixture.now,
      createdAt: fixture.now,
      updatedAt: fixture.now,
      expiresAt: fixture.now + 90_000,
      epoch: 0,
      accounted: 0,
      attempts: 0,
      createSucceeded: false,
      retryRequested: false,
      generation: 0,
      resources: [],
    });
    expect(await fixture.store.get(request.id)).toEqual(node);
    expect(await fixture.store.findByRequestId('request-1')).toEqual(node);
  });

  it('fills in what the request leaves out', async () => {
    const { node } = await fixture.store.create(nodeRequest(), byProducer);
    expect(node).toMatchObject({ tags: {}, labels: {}, onFailure: 'cleanup' });
    expect(node).not.toHaveProperty('expiresAt');
  });

  it('tells the time by Redis when no clock is given', async () => {
    const store = createRedisStore({ redis: fixture.redis, retention: RETENTION });
    const [before] = await fixture.redis.time();
    const { node } = await store.create(nodeRequest(), byProducer);
    const [after] = await fixture.redis.time();
    expect(node.createdAt).toBeGreaterThanOrEqual(Number(before) * 1_000);
    expect(node.createdAt).toBeLessThan((Number(after) + 1) * 1_000);
  });

  it('answers the same request twice with the same node', async () => {
    const request = nodeRequest({ inputs: { a: 1, b: { c: 2, d: 3 } } });
    const { node } = await fixture.store.create(request, byProducer);
    fixture.now += 5_000;
    const reordered = {
      ...request,
      inputs: { b: { d: 3, c: 2 }, a: 1 },
      onFailure: 'cleanup' as const,
      tags: {},
    };
    expect(await fixture.store.create(reordered, byProducer)).toEqual({ node, created: false });
    expect(await fixture.store.history(request.id)).toHaveLength(1);
  });

  it('makes one node of one request id, whatever ids its tries chose', async () => {
    const request = nodeRequest({ requestId: 'once' });
    const { node } = await fixture.store.create(request, byProducer);
    expect(await fixture.store.create({ ...request, id: 'another' }, byProducer)).toEqual({
      node,
      created: false,
    });
    expect(await fixture.store.get('another')).toBeUndefined();
  });

  it('makes one node of one request that is sent by many at once', async () => {
    const tries = await Promise.all(
      Array.from({ length: 20 }, () => fixture.store.create(nodeRequest({ requestId: 'raced' }), byProducer)),
    );
    expect(tries.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(tries.map(({ node }) => node.id)).size).toBe(1);
  });

  it.each([
    ['inputs', { inputs: { size: 2 } }],
    ['group', { group: 'other' }],
    ['tags', { tags: { a: 'b' } }],
    ['ttl', { ttl: 61 }],
    ['onFailure', { onFailure: 'keep' }],
    ['requestId', { requestId: 'r2' }],
  ] as const)('refuses a request with the same id and other %s', async (_field, change) => {
    const request = nodeRequest();
    const { node } = await fixture.store.create(request, byProducer);
    await expect(fixture.store.create({ ...request, ...change }, byProducer)).rejects.toMatchObject({
      code: 'REQUEST_CONFLICT',
      field: 'id',
    });
    expect(await fixture.store.get(request.id)).toEqual(node);
  });

  it('refuses a different request with the same request id', async () => {
    const request = nodeRequest({ requestId: 'once' });
    await fixture.store.create(request, byProducer);
    await expect(
      fixture.store.create({ ...request, id: 'another', role: 'core' }, byProducer),
    ).rejects.toMatchObject({ code: 'REQUEST_CONFLICT', field: 'requestId' });
  });

  it('still knows the request of a node that is destroyed', async () => {
    const request = nodeRequest({ requestId: 'gone' });
    await nodeAt(fixture.store, 'DESTROYED', request);
    const again = await fixture.store.create(request, byProducer);
    expect(again).toMatchObject({ created: false, node: { state: 'DESTROYED' } });
  });

  it.each(ACTORS)('lets %s request a node only where the lifecycle does', async (actor) => {
    const asked = fixture.store.create(nodeRequest(), { actor });
    if (['producer', 'operator', 'autoscaler'].includes(actor))
      expect(await asked).toMatchObject({ created: true });
    else await expect(asked).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'actor' });
  });

  it.each([
    ['id', { id: 'a:b' }],
    ['id', { id: '../a' }],
    ['id', { id: '' }],
    ['group', { group: 'a:b' }],
    ['role', { role: 'a}b' }],
    ['requestId', { requestId: 'a b' }],
  ])('lets no %s into a key that is not a name: %j', async (field, change) => {
    await expect(fixture.store.create(nodeRequest(change), byProducer)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field,
    });
    expect(await fixture.redis.dbsize()).toBe(0);
  });

  it('keeps large inputs byte for byte', async () => {
    const text = 'ü\u0000\ud800"\\'.repeat(20_000);
    const { node } = await fixture.store.create(nodeRequest({ inputs: { text } }), byProducer);
    expect(node.inputs).toEqual({ text });
  });

  it('knows no node by an id or request id that nobody used', async () => {
    expect(await fixture.store.get('nobody')).toBeUndefined();
    expect(await fixture.store.findByRequestId('nobody')).toBeUndefined();
  });
});
