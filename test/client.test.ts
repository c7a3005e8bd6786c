/** The producer’s side against a real store and real queues, with no worker at work. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openApp } from '../src/app.js';
import { NodeyardClient } from '../src/client.js';
import { NodeyardError } from '../src/errors.js';
import { silentLog } from '../src/log.js';
import type { NodeState, Operation } from '../src/node/lifecycle.js';
import type { NodeRequest } from '../src/node/request.js';
import type { JobQueues } from '../src/queue/jobs.js';
import { failureOf, nodeAt, type Standing } from './store/support.js';
import { startTestRedis } from './support/redis.js';
import { Yard } from './support/yard.js';

let yard: Yard;
let client: NodeyardClient;
beforeAll(async () => {
  yard = await Yard.open();
  ({ client } = yard.app);
});
afterAll(() => yard.close());
afterEach(async () => {
  vi.useRealTimers();
  for (const operation of ['create', 'destroy'] as const) {
    await yard.app.queues.queue(operation).obliterate({ force: true });
  }
});

const request = (more: Partial<NodeRequest> = {}): NodeRequest => ({
  group: 'g',
  role: 'r',
  stack: 'local-node',
  ...more,
});
const jobs = async (operation: Operation, nodeId: string): Promise<string[]> => {
  const waiting = await yard.app.queues.queue(operation).getJobs('waiting');
  return waiting.filter(({ data }) => data.nodeId === nodeId).map(({ id = '' }) => id);
};
const at = (standing: Standing) => nodeAt(yard.app.store, standing, { id: `c${++made}` });
let made = 0;

describe('a request', () => {
  test('makes a record and then its job', async () => {
    const { node, created } = await client.requestNode(request());
    expect(created).toBe(true);
    expect(node).toMatchObject({ state: 'REQUESTED', group: 'g', role: 'r' });
    expect(await jobs('create', node.id)).toEqual([`create-${node.id}-1`]);
    const [first] = await yard.app.store.history(node.id);
    expect(first).toMatchObject({ to: 'REQUESTED', actor: 'producer' });
  });

  test('that is sent ten times at once under one request id makes one node and one job', async () => {
    const sent = Array.from({ length: 10 }, () => client.requestNode(request({ requestId: 'order-1' })));
    const results = await Promise.all(sent);
    expect(new Set(results.map(({ node }) => node.id)).size).toBe(1);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(await jobs('create', results[0]?.node.id ?? '')).toHaveLength(1);
  });

  test('under an id or a request id that was used for something else is refused', async () => {
    await client.requestNode(request({ id: 'mine', requestId: 'order-2' }));
    const conflict = expect.objectContaining({ code: 'REQUEST_CONFLICT' });
    await expect(client.requestNode(request({ requestId: 'order-2', role: 'other' }))).rejects.toEqual(
      conflict,
    );
    await expect(client.requestNode(request({ id: 'mine', role: 'other' }))).rejects.toEqual(conflict);
    expect((await client.requestNode(request({ id: 'mine', requestId: 'order-2' }))).created).toBe(false);
  });

  test('that is wrong makes nothing, and the field is named', async () => {
    const before = (await yard.app.store.list({}, { limit: 1000 })).nodes.length;
    await expect(client.requestNode(request({ group: 'a b' }))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field: 'group',
    });
    expect((await yard.app.store.list({}, { limit: 1000 })).nodes).toHaveLength(before);
  });
});

describe('a destruction', () => {
  test.each([
    'REQUESTED',
    'CREATING',
    'CREATED',
    'STARTED',
    'INSERVICE',
    'SOFT_SUNSET',
    'HARD_SUNSET',
    'FAILED create',
    'FAILED health',
    'FAILED destroy',
  ] satisfies Standing[])('of a node that is %s is recorded, and then its job is added', async (standing) => {
    const { id, generation } = await at(standing);
    expect(await client.requestDestruction(id, { reason: 'enough' })).toMatchObject({
      state: 'DESTRUCTION_REQUESTED',
      attempts: 0,
    });
    expect(await jobs('destroy', id)).toEqual([`destroy-${id}-${generation + 1}`]);
    expect((await yard.app.store.history(id)).at(-1)).toMatchObject({ actor: 'producer', reason: 'enough' });
  });

  test.each(['DESTRUCTION_REQUESTED', 'DESTROYING', 'DESTROYED'] satisfies Standing[])(
    'of a node that is %s changes nothing and adds no job',
    async (standing) => {
      const { id } = await at(standing);
      const before = await yard.app.store.history(id);
      expect(await client.requestDestruction(id)).toMatchObject({ state: standing });
      expect(await yard.app.store.history(id)).toEqual(before);
      expect(await jobs('destroy', id)).toEqual([]);
    },
  );

  test('is refused where the node is not what the caller saw, or is not there', async () => {
    const { id } = await at('INSERVICE');
    const expected: NodeState[] = ['FAILED'];
    await expect(client.requestDestruction(id, { expected })).rejects.toMatchObject({ code: 'WRONG_STATE' });
    await expect(client.requestDestruction('nobody')).rejects.toMatchObject({
      code: 'UNKNOWN_NODE',
      field: 'nodeId',
    });
    expect(await jobs('destroy', id)).toEqual([]);
  });
});

describe('a retry', () => {
  test('of a failed create adds one create job, however often it is asked for', async () => {
    const { id } = await at('FAILED create');
    expect(await client.retry(id)).toMatchObject({ state: 'FAILED', retryRequested: true, attempts: 0 });
    await client.retry(id);
    expect(await jobs('create', id)).toHaveLength(1);
  });

  test('of a failed destroy asks for the destruction again', async () => {
    const { id } = await at('FAILED destroy');
    expect(await client.retry(id)).toMatchObject({ state: 'DESTRUCTION_REQUESTED' });
    expect(await jobs('destroy', id)).toHaveLength(1);
  });

  test.each([
    'REQUESTED',
    'CREATING',
    'CREATED',
    'DESTROYING',
    'DESTROYED',
    'FAILED health',
  ] satisfies Standing[])(
    'of a node that is %s is refused: nothing is destroyed, nothing is created',
    async (standing) => {
      const { id, state } = await at(standing);
      await expect(client.retry(id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
      expect((await client.get(id)).state).toBe(state);
      expect([...(await jobs('create', id)), ...(await jobs('destroy', id))]).toEqual([]);
    },
  );

  test('of an unknown node says so', async () => {
    await expect(client.retry('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_NODE' });
  });
});

describe('an operator', () => {
  test('moves a node, and a node that is there already stays as it is', async () => {
    const { id } = await at('INSERVICE');
    const wish = { to: 'SOFT_SUNSET', expected: ['INSERVICE'], reason: 'quiet hours' } as const;
    expect(await client.changeState(id, wish)).toMatchObject({
      changed: true,
      node: { state: 'SOFT_SUNSET' },
    });
    expect(await client.changeState(id, wish)).toMatchObject({
      changed: false,
      node: { state: 'SOFT_SUNSET' },
    });
    expect((await yard.app.store.history(id)).at(-1)).toMatchObject({
      actor: 'operator',
      reason: 'quiet hours',
    });
  });

  test('says that a node is at fault, which is a failure of its health that no run can try again', async () => {
    const { id } = await at('INSERVICE');
    const { node } = await client.changeState(id, { to: 'FAILED', reason: 'it drops frames' });
    expect(node.failure).toMatchObject({ operation: 'health', code: 'FAULT', message: 'it drops frames' });
    await expect(client.retry(id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });

  test('asks for a destruction by its state, with its job, and once', async () => {
    const { id } = await at('CREATED');
    const doomed = { to: 'DESTRUCTION_REQUESTED' } as const;
    expect((await client.changeState(id, doomed)).changed).toBe(true);
    expect((await client.changeState(id, doomed)).changed).toBe(false);
    expect(await jobs('destroy', id)).toHaveLength(1);
  });

  test.each([
    'REQUESTED',
    'CREATING',
    'CREATED',
    'STARTED',
    'HARD_SUNSET',
    'DESTROYING',
    'DESTROYED',
  ] satisfies NodeState[])('cannot ask for %s', async (to) => {
    const { id } = await at('INSERVICE');
    await expect(client.changeState(id, { to })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field: 'to',
    });
  });

  test.each(['REQUESTED', 'CREATING'] satisfies Standing[])(
    'cancels a create that is %s, once',
    async (standing) => {
      const { id } = await at(standing);
      expect(await client.cancel(id)).toMatchObject({
        changed: true,
        node: { state: 'DESTRUCTION_REQUESTED' },
      });
      expect((await client.cancel(id)).changed).toBe(false);
      expect(await jobs('destroy', id)).toHaveLength(1);
    },
  );

  test.each(['CREATED', 'INSERVICE', 'FAILED create'] satisfies Standing[])(
    'cannot cancel a node that is %s',
    async (standing) => {
      const { id, state } = await at(standing);
      await expect(client.cancel(id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
      expect((await client.get(id)).state).toBe(state);
    },
  );
});

describe('a Redis that goes away between a record and its job', () => {
  const halfway = () => {
    const { store, tail } = yard.app;
    const away = new NodeyardError('REDIS_UNAVAILABLE', 'gone');
    const queues = { add: () => Promise.reject(away) } as unknown as JobQueues;
    return new NodeyardClient({ store, queues, tail, groups: undefined });
  };

  test('makes the job later, not undone: the request stands, and nobody attends to it yet', async () => {
    const { node, created } = await halfway().requestNode(request({ requestId: 'halfway' }));
    expect(created).toBe(true);
    const doomed = await at('CREATED');
    expect((await halfway().requestDestruction(doomed.id)).state).toBe('DESTRUCTION_REQUESTED');
    const stranded = (await yard.app.store.stranded(1_000)).map(({ id }) => id);
    expect(stranded).toEqual(expect.arrayContaining([node.id, doomed.id]));
  });
});

describe('a wait', () => {
  test('for a state that the node is in already ends at once', async () => {
    const { id } = await at('CREATED');
    expect(await client.waitFor(id, ['CREATED'])).toMatchObject({ id, state: 'CREATED' });
  });

  test('ends with the transition that it waits for', async () => {
    const { id } = await at('CREATED');
    const waited = client.waitFor(id, ['INSERVICE']);
    await yard.app.store.transition(id, { to: 'STARTED', actor: 'node' });
    await yard.app.store.transition(id, { to: 'INSERVICE', actor: 'node' });
    expect(await waited).toMatchObject({ state: 'INSERVICE' });
  });

  test.each(['FAILED create', 'DESTROYED'] satisfies Standing[])(
    'ends early where the node is %s and cannot get there by itself',
    async (standing) => {
      const { id, state } = await at(standing);
      expect(await client.waitFor(id, ['CREATED'])).toMatchObject({ state });
    },
  );

  test('goes on for a failed create whose retry was asked for', async () => {
    const { id, epoch } = await at('FAILED create');
    await client.retry(id);
    const waited = client.waitFor(id, ['CREATED']);
    await yard.app.store.begin(id, { operation: 'create', holder: 'h', leaseMs: 1_000 });
    await yard.app.store.transition(id, { to: 'CREATED', actor: 'terraform', epoch: epoch + 1 });
    expect(await waited).toMatchObject({ state: 'CREATED' });
  });

  test('ends when its time is over, and says where the node stands', async () => {
    const { id } = await at('REQUESTED');
    await expect(client.waitFor(id, ['CREATED'], { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: expect.stringContaining('still REQUESTED'),
    });
  });

  test('ends when its caller gives up, before and during', async () => {
    const { id } = await at('REQUESTED');
    const during = new AbortController();
    const waited = client.waitFor(id, ['CREATED'], { signal: during.signal });
    during.abort(new Error('enough'));
    await expect(waited).rejects.toThrow('enough');
    await expect(client.waitFor(id, ['CREATED'], { signal: during.signal })).rejects.toThrow('enough');
  });

  test('sees what it has heard no event of', async () => {
    const { id, epoch } = await at('CREATING');
    const deaf = {
      follow: () => {
        throw new Error('nobody follows');
      },
      subscribe: () => () => undefined,
      close: async () => undefined,
    };
    const { store, queues } = yard.app;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const waited = new NodeyardClient({ store, queues, tail: deaf, groups: undefined }).waitFor(id, [
      'CREATED',
      'FAILED',
    ]);
    while (vi.getTimerCount() === 0) await new Promise(setImmediate);
    const failure = failureOf('create');
    await store.transition(id, { to: 'FAILED', actor: 'terraform', epoch, failure });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await waited).toMatchObject({ state: 'FAILED' });
  });

  test('for an unknown node is refused', async () => {
    await expect(client.waitFor('nobody', ['CREATED'])).rejects.toMatchObject({ code: 'UNKNOWN_NODE' });
  });
});

describe('without a Redis, a hasty producer', () => {
  const unavailable = expect.objectContaining({ code: 'REDIS_UNAVAILABLE' });

  test('is told so instead of being let in', async () => {
    const config = { ...yard.config, redisUrl: `${yard.dataDir}/no-such-socket` };
    const opened = openApp({ config, env: yard.env, temper: 'hasty', log: silentLog });
    await expect(opened).rejects.toEqual(unavailable);
  });

  test('is told so with every call, and is served again when Redis is back', async () => {
    const server = await startTestRedis();
    const config = { ...yard.config, redisUrl: server.socket };
    const app = await openApp({ config, env: yard.env, temper: 'hasty', log: silentLog });
    try {
      const { node } = await app.client.requestNode(request());
      await server.kill();
      await expect(app.client.requestNode(request())).rejects.toEqual(unavailable);
      await expect(app.client.requestDestruction(node.id)).rejects.toEqual(unavailable);
      await expect(app.client.waitFor(node.id, ['CREATED'])).rejects.toEqual(unavailable);
      await expect(app.queues.add('create', node.id, 2)).rejects.toEqual(unavailable);
      await expect(app.queues.isAlive('create', 'j')).rejects.toEqual(unavailable);
      await server.restart();
      await expect
        .poll(() => app.client.requestDestruction(node.id).catch(() => undefined), { timeout: 10_000 })
        .toMatchObject({ state: 'DESTRUCTION_REQUESTED' });
    } finally {
      await app.close();
      await server.stop();
    }
  });
});
