/** The routes of nodes against a real store and real queues, with no worker at work. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeEvent, NodeRecord } from '../../src/node/record.js';
import { nodeAt, type Standing } from '../store/support.js';
import { type ErrorTold, YardApi } from './yard-api.js';

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open();
});
afterAll(() => yard.close());

const REQUEST = { group: 'g', role: 'r', stack: 'local-node' };
const post = <T = ErrorTold>(path: string, json?: unknown, headers: Record<string, string> = {}) =>
  yard.ask<T>(path, { method: 'POST', as: 'operator', headers, ...(json === undefined ? {} : { json }) });
const get = <T = ErrorTold>(path: string) => yard.ask<T>(path, { as: 'viewer' });
const at = (standing: Standing) => nodeAt(yard.app.store, standing, { id: `h${++made}` });
let made = 0;

interface One {
  readonly node: NodeRecord;
  readonly created: boolean;
  readonly changed: boolean;
}
interface Many {
  readonly results: readonly (Partial<One> & Partial<ErrorTold>)[];
}

describe('POST /v1/nodes', () => {
  test('asks for a node: its id at once, its record, its job, and the token’s name in its history', async () => {
    const { status, body } = await post<One>('/v1/nodes', { ...REQUEST, inputs: { message: 'hi' } });
    expect([status, body.created]).toEqual([202, true]);
    expect(await yard.app.store.get(body.node.id)).toMatchObject({
      state: 'REQUESTED',
      inputs: { message: 'hi' },
    });
    const jobs = await yard.app.queues.queue('create').getJobs('waiting');
    expect(jobs.map(({ data }) => data.nodeId)).toContain(body.node.id);
    expect(await yard.app.store.history(body.node.id)).toMatchObject([
      { actor: 'producer', reason: 'token test-operator' },
    ]);
  });

  test('makes one node however often the same key is sent', async () => {
    const key = { 'idempotency-key': 'order-1' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post<One>('/v1/nodes', REQUEST, key)));
    expect(new Set(answers.map(({ body }) => body.node.id)).size).toBe(1);
    expect(answers.filter(({ body }) => body.created)).toHaveLength(1);
    const found = await get<{ nodes: NodeRecord[] }>('/v1/nodes?requestId=order-1');
    expect(found.body.nodes.map(({ id }) => id)).toEqual([answers[0]?.body.node.id]);
    const other = await post('/v1/nodes', { ...REQUEST, role: 'other' }, key);
    expect([other.status, other.body.error.code]).toEqual([409, 'REQUEST_CONFLICT']);
  });

  test('refuses a key that is none, or that is not the one in the body', async () => {
    const spaced = await post('/v1/nodes', REQUEST, { 'idempotency-key': 'a b' });
    expect(spaced.body.error).toMatchObject({ code: 'INVALID_INPUT', field: 'idempotency-key' });
    const two = await post('/v1/nodes', { ...REQUEST, requestId: 'a' }, { 'idempotency-key': 'b' });
    expect(two.body.error).toMatchObject({ code: 'INVALID_INPUT', field: 'Idempotency-Key' });
    const same = await post<One>('/v1/nodes', { ...REQUEST, requestId: 'a' }, { 'idempotency-key': 'a' });
    expect(same.status).toBe(202);
  });

  test.each([
    [{ ...REQUEST, group: 'a b' }, 'INVALID_INPUT', 'group'],
    [{ ...REQUEST, imputs: {} }, 'INVALID_INPUT', 'imputs'],
    [{ ...REQUEST, stack: 'nothing' }, 'UNKNOWN_STACK', 'stack'],
    [{ ...REQUEST, inputs: { mesage: 'hi' } }, 'INVALID_INPUT', 'inputs.mesage'],
    [{ nodes: [] }, 'INVALID_INPUT', 'nodes'],
    [{ nodes: [REQUEST, { ...REQUEST, role: 1 }] }, 'INVALID_INPUT', 'nodes[1].role'],
    [{ nodes: [REQUEST, { ...REQUEST, inputs: { port: 'x' } }] }, 'INVALID_INPUT', 'nodes[1].inputs.port'],
    [{ nodes: Array.from({ length: 1_001 }, () => REQUEST) }, 'INVALID_INPUT', 'nodes'],
    [[REQUEST], 'INVALID_INPUT', undefined],
    [null, 'INVALID_INPUT', undefined],
  ])('refuses %j and makes nothing of it', async (body, code, field) => {
    const before = await yard.app.store.counts();
    const answer = await post('/v1/nodes', body);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, code, field]);
    expect(await yard.app.store.counts()).toEqual(before);
  });

  test('asks for many at once, each under a key of its own', async () => {
    const key = { 'idempotency-key': 'batch-1' };
    const nodes = Array.from({ length: 1_000 }, (_, index) => ({
      ...REQUEST,
      labels: { index: String(index) },
    }));
    const first = await post<Many>('/v1/nodes', { nodes }, key);
    expect(first.status).toBe(202);
    expect(first.body.results.map(({ node }) => node?.requestId)).toEqual(
      nodes.map((_, i) => `batch-1.${i}`),
    );
    const again = await post<Many>('/v1/nodes', { nodes }, key);
    expect(again.body.results.every(({ created }) => created === false)).toBe(true);
    expect(again.body.results.map(({ node }) => node?.id)).toEqual(
      first.body.results.map(({ node }) => node?.id),
    );
  });

  test('gives one among many a key with its index too, and refuses a key that leaves no room for it', async () => {
    const one = await post<Many>('/v1/nodes', { nodes: [REQUEST] }, { 'idempotency-key': 'alone' });
    expect(one.body.results[0]?.node?.requestId).toBe('alone.0');
    const long = await post('/v1/nodes', { nodes: [REQUEST] }, { 'idempotency-key': 'x'.repeat(60) });
    expect([long.status, long.body.error.field]).toEqual([400, 'Idempotency-Key']);
  });

  test('tells of each of many what became of it', async () => {
    await post('/v1/nodes', { ...REQUEST, id: 'taken' });
    const { status, body } = await post<Many>('/v1/nodes', {
      nodes: [
        { ...REQUEST, id: 'free' },
        { ...REQUEST, id: 'taken', role: 'other' },
      ],
    });
    expect(status).toBe(207);
    expect(body.results).toMatchObject([
      { node: { id: 'free' }, created: true },
      { error: { code: 'REQUEST_CONFLICT', field: 'nodes[1].id' } },
    ]);
  });
});

describe('GET /v1/nodes', () => {
  test('lists what the filters choose, page by page, and the tombstones only when asked for', async () => {
    for (const id of ['l1', 'l2', 'l3']) await post('/v1/nodes', { ...REQUEST, group: 'listed', id });
    await nodeAt(yard.app.store, 'DESTROYED', { id: 'l4', group: 'listed' });
    const ids = async (query: string) => {
      const { body } = await get<{ nodes: NodeRecord[]; cursor?: string }>(`/v1/nodes?group=listed&${query}`);
      return { ids: body.nodes.map(({ id }) => id), cursor: body.cursor };
    };
    const first = await ids('limit=2');
    expect(first.ids).toEqual(['l1', 'l2']);
    expect(await ids(`limit=2&cursor=${first.cursor}`)).toEqual({ ids: ['l3'], cursor: undefined });
    expect((await ids('state=DESTROYED')).ids).toEqual(['l4']);
    expect((await ids('state=requested,destroyed')).ids).toEqual(['l1', 'l2', 'l3', 'l4']);
    expect((await ids('state=DOOMED&state=REQUESTED&role=r')).ids).toEqual(['l1', 'l2', 'l3']);
  });

  test.each([
    ['stack=x', 'stack'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=x', 'cursor'],
    ['cursor=', 'cursor'],
    ['state=BROKEN', 'state[0]'],
    ['group=a:b', 'group'],
    ['requestId=a&group=g', 'requestId'],
  ])('refuses ?%s and names the field', async (query, field) => {
    const { status, body } = await get(`/v1/nodes?${query}`);
    expect([status, body.error.code, body.error.field]).toEqual([400, 'INVALID_INPUT', field]);
  });

  test('counts the nodes of each state', async () => {
    const { body } = await get<{ states: Record<string, number> }>('/v1/counts');
    expect(body.states).toEqual(await yard.app.store.counts());
  });
});

describe('GET /v1/nodes/:id', () => {
  test('shows the record, and the newest of its history', async () => {
    const { id } = await at('FAILED create');
    expect((await get<One>(`/v1/nodes/${id}`)).body.node).toEqual(await yard.app.store.get(id));
    const all = await yard.app.store.history(id);
    expect((await get<{ events: NodeEvent[] }>(`/v1/nodes/${id}/history`)).body.events).toEqual(all);
    const newest = await get<{ events: NodeEvent[] }>(`/v1/nodes/${id}/history?limit=1`);
    expect(newest.body.events).toEqual(all.slice(-1));
  });

  test('says 404 for one that is not there', async () => {
    for (const path of ['/v1/nodes/nobody', '/v1/nodes/nobody/history']) {
      const { status, body } = await get(path);
      expect([status, body.error.code]).toEqual([404, 'UNKNOWN_NODE']);
    }
  });

  test('takes nothing for an id that is none', async () => {
    for (const id of ['a:b', '..%2f..%2fetc', '%00', 'a%20b', '-', 'x'.repeat(64)]) {
      const { status, body } = await get(`/v1/nodes/${id}`);
      expect([status, body.error.code, body.error.field], id).toEqual([400, 'INVALID_INPUT', 'id']);
    }
  });
});

describe('POST /v1/nodes/:id/state', () => {
  test('moves a node in either vocabulary, says so in its history, and once', async () => {
    const { id } = await at('INSERVICE');
    const sunset = { to: 'sunset', expected: ['INSERVICE'], reason: 'quiet hours' };
    const first = await post<One>(`/v1/nodes/${id}/state`, sunset);
    expect(first).toMatchObject({ status: 200, body: { changed: true, node: { state: 'SOFT_SUNSET' } } });
    expect((await post<One>(`/v1/nodes/${id}/state`, sunset)).body.changed).toBe(false);
    const last = (await yard.app.store.history(id)).at(-1);
    expect(last).toMatchObject({ actor: 'operator', reason: 'token test-operator: quiet hours' });
    const back = await post<One>(`/v1/nodes/${id}/state`, { to: 'INSERVICE' });
    expect(back.body.node.state).toBe('INSERVICE');
  });

  test('to FAULT says who found it at fault, and lets it be reinstated', async () => {
    const { id } = await at('INSERVICE');
    const { body } = await post<One>(`/v1/nodes/${id}/state`, { to: 'FAULT', reason: 'it drops frames' });
    expect(body.node).toMatchObject({
      state: 'FAILED',
      failure: {
        operation: 'health',
        code: 'FAULT',
        message: 'token test-operator: it drops frames',
        retryable: false,
      },
    });
    expect((await post<One>(`/v1/nodes/${id}/state`, { to: 'INSERVICE' })).body.node.state).toBe('INSERVICE');
  });

  test('to DOOMED asks for its destruction, with its job', async () => {
    const { id, generation } = await at('CREATED');
    const { body } = await post<One>(`/v1/nodes/${id}/state`, { to: 'DOOMED' });
    expect(body).toMatchObject({ changed: true, node: { state: 'DESTRUCTION_REQUESTED' } });
    expect(await yard.app.queues.isAlive('destroy', `destroy-${id}-${generation + 1}`)).toBe(true);
  });

  test('is refused where it is not as expected, or where the lifecycle has no such way', async () => {
    const { id } = await at('CREATED');
    const unexpected = await post(`/v1/nodes/${id}/state`, { to: 'DOOMED', expected: ['INSERVICE'] });
    expect([unexpected.status, unexpected.body.error.code]).toEqual([409, 'WRONG_STATE']);
    const noWay = await post(`/v1/nodes/${id}/state`, { to: 'SOFT_SUNSET' });
    expect([noWay.status, noWay.body.error.code]).toEqual([409, 'WRONG_STATE']);
    const notOurs = await post(`/v1/nodes/${id}/state`, { to: 'CREATED' });
    expect([notOurs.status, notOurs.body.error.field]).toEqual([400, 'to']);
    expect((await yard.app.store.get(id))?.state).toBe('CREATED');
  });

  test('of two that expect the same, one changes it', async () => {
    const { id } = await at('INSERVICE');
    const wish = { to: 'SUNSET', expected: ['INSERVICE'] };
    const both = await Promise.all([1, 2].map(() => post<One>(`/v1/nodes/${id}/state`, wish)));
    expect(both.filter(({ body }) => body.changed)).toHaveLength(1);
  });
});

describe('POST /v1/nodes/:id/destroy, cancel, retry', () => {
  test('destroy is taken in any state, with or without a body, and asking again changes nothing', async () => {
    const { id } = await at('INSERVICE');
    const first = await post<One>(`/v1/nodes/${id}/destroy`);
    expect(first).toMatchObject({
      status: 202,
      body: { changed: true, node: { state: 'DESTRUCTION_REQUESTED' } },
    });
    const again = await post<One>(`/v1/nodes/${id}/destroy`, { reason: 'really' });
    expect(again).toMatchObject({ status: 202, body: { changed: false } });
    const refused = await post(`/v1/nodes/${(await at('INSERVICE')).id}/destroy`, { expected: ['FAILED'] });
    expect(refused.status).toBe(409);
    expect((await post('/v1/nodes/nobody/destroy')).status).toBe(404);
  });

  test('cancel stops a create, and nothing that is done', async () => {
    for (const standing of ['REQUESTED', 'CREATING'] as const) {
      const { id } = await at(standing);
      expect((await post<One>(`/v1/nodes/${id}/cancel`)).body.node.state).toBe('DESTRUCTION_REQUESTED');
    }
    for (const standing of ['CREATED', 'FAILED create'] as const) {
      expect((await post(`/v1/nodes/${(await at(standing)).id}/cancel`)).status).toBe(409);
    }
  });

  test('retry tries again what FAILED, and nothing else', async () => {
    const { id } = await at('FAILED create');
    const { status, body } = await post<One>(`/v1/nodes/${id}/retry`, { reason: 'quota raised' });
    expect([status, body.node.retryRequested]).toEqual([202, true]);
    const destroy = await at('FAILED destroy');
    expect((await post<One>(`/v1/nodes/${destroy.id}/retry`)).body.node.state).toBe('DESTRUCTION_REQUESTED');
    expect((await post(`/v1/nodes/${(await at('CREATED')).id}/retry`)).status).toBe(409);
  });

  test('an unknown field is refused by name', async () => {
    const { id } = await at('CREATED');
    for (const what of ['destroy', 'cancel', 'retry', 'state']) {
      const { status, body } = await post(`/v1/nodes/${id}/${what}`, { to: 'DOOMED', why: 'x' });
      expect([status, body.error.message], what).toEqual([
        400,
        expect.stringContaining('why: is not a known field'),
      ]);
    }
  });
});
