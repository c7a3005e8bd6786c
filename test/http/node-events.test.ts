/** What nodes say over HTTP: by their own token, to their own place, and nothing else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeRecord } from '../../src/node/record.js';
import { failureOf, nodeAt, type Standing } from '../store/support.js';
import { type ErrorTold, YardApi } from './yard-api.js';

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open();
});
afterAll(() => yard.close());

interface Told {
  readonly state: string;
  readonly intervalMs: number;
}

let made = 0;
async function speaker(standing: Standing = 'CREATED') {
  made += 1;
  const node = await nodeAt(yard.app.store, standing, { id: `speaker-${made}` });
  return { node, token: await yard.app.nodeTokens.tokenOf(node) };
}
const say = (node: Pick<NodeRecord, 'id'>, token: string, json: unknown = {}) =>
  yard.ask<Told & ErrorTold>(`/v1/nodes/${node.id}/events`, {
    method: 'POST',
    as: 'nobody',
    headers: { authorization: `Bearer ${token}` },
    json,
  });

describe('the event of a node', () => {
  test('takes it from CREATED to INSERVICE, and is told when the next one is due', async () => {
    const { node, token } = await speaker();
    const first = await say(node, token);
    expect([first.status, first.body]).toEqual([200, { state: 'STARTED', intervalMs: 10_000 }]);
    const second = await say(node, token, { configured: true, connections: 3, metrics: { cpu: 0.5 } });
    expect(second.body.state).toBe('INSERVICE');
    const shown = await yard.ask(`/v1/nodes/${node.id}`, { as: 'viewer' });
    expect(shown.body).toMatchObject({
      node: { state: 'INSERVICE' },
      heard: { lastSeenAt: expect.any(Number), load: { connections: 3, metrics: { cpu: 0.5 } } },
    });
  });

  test('reinstates it when it was lost, and not when an operator has said that it is at fault', async () => {
    const lost = await speaker('INSERVICE');
    await yard.app.store.transition(lost.node.id, {
      to: 'FAILED',
      actor: 'reconciler',
      failure: { ...failureOf('health'), code: 'HEARTBEAT_LOST' },
    });
    expect((await say(lost.node, lost.token)).body.state).toBe('INSERVICE');
    const fault = await yard.ask(`/v1/nodes/${lost.node.id}/state`, {
      method: 'POST',
      json: { to: 'FAULT' },
    });
    expect(fault.status).toBe(200);
    expect((await say(lost.node, lost.token, { configured: true })).body.state).toBe('FAILED');
  });

  test('stands in no audit trail', async () => {
    const { node, token } = await speaker();
    await say(node, token);
    const { entries } = await yard.app.audit.list();
    expect(entries.filter(({ target }) => target.includes(node.id))).toEqual([]);
  });

  test.each<Standing>(['CREATING', 'DESTROYING'])('is refused while it is %s', async (standing) => {
    const { node, token } = await speaker(standing);
    const { status, body } = await say(node, token);
    expect([status, body.error.code]).toEqual([409, 'WRONG_STATE']);
  });

  test.each([
    ['an unknown field', { nonsense: 1 }, 'nonsense'],
    ['a load that is none', { connections: -1 }, 'connections'],
    ['a metric without a name', { metrics: { '': 1 } }, 'metrics.'],
    ['a metric that is no number', { metrics: { cpu: 'much' } }, 'metrics.cpu'],
    ['a word for yes', { configured: 'yes' }, 'configured'],
    ['nothing at all', [], undefined],
  ])('with %s is refused, with the field', async (_what, json, field) => {
    const { node, token } = await speaker();
    const { status, body } = await say(node, token, json);
    expect([status, body.error.code, body.error.field]).toEqual([400, 'INVALID_INPUT', field]);
  });

  test('of more than 16 KiB is refused', async () => {
    const { node, token } = await speaker();
    const { status, body } = await say(node, token, { metrics: { big: '1'.repeat(16 * 1024) } });
    expect([status, body.error.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });
});

describe('the token of a node', () => {
  test('opens no other node and no other route', async () => {
    const [one, two] = [await speaker(), await speaker()];
    const { status, body } = await say(two.node, one.token);
    expect([status, body.error.code]).toEqual([403, 'FORBIDDEN']);
    for (const path of ['/v1/nodes', `/v1/nodes/${one.node.id}`, '/v1/counts', '/metrics']) {
      const told = await yard.ask(path, {
        as: 'nobody',
        headers: { authorization: `Bearer ${one.token}` },
      });
      expect([403, 404], path).toContain(told.status);
    }
  });

  test('that is wrong, or of a node that is destroyed or forgotten, opens nothing', async () => {
    const { node, token } = await speaker();
    const last = token.endsWith('A') ? 'B' : 'A';
    for (const wrong of [
      `${token.slice(0, -1)}${last}`,
      `nyn_${node.id}_${'A'.repeat(43)}`,
      'nyn_',
      `nyn_x`,
    ]) {
      const { status, headers } = await say(node, wrong);
      expect([status, headers.get('www-authenticate')], wrong).toEqual([401, 'Bearer realm="nodeyard"']);
    }
    const gone = await speaker('DESTROYED');
    const { status, body } = await say(gone.node, gone.token);
    expect([status, body.error.message]).toEqual([401, 'the token is not known, or its node is no more']);
  });

  test('in the URL is refused without being said again', async () => {
    const { node, token } = await speaker();
    const { status, text } = await yard.ask(`/v1/nodes/${node.id}?q=${token}`, { as: 'nobody' });
    expect(status).toBe(400);
    expect(text).not.toContain('nyn_');
  });

  test('of an operator’s making opens its node’s place as well', async () => {
    const { node } = await speaker();
    const wish = { name: 'agent', scope: 'node', nodeId: node.id } as const;
    const { token } = await yard.app.tokens.create(wish);
    expect((await say(node, token)).body.state).toBe('STARTED');
  });

  test('that is wrong again and again keeps nobody else behind that address out', async () => {
    const { node, token } = await speaker();
    for (let i = 0; i < 80; i += 1) await say(node, `nyn_${node.id}_${'B'.repeat(43)}`);
    expect((await say(node, token)).status).toBe(200);
    expect((await yard.ask('/v1/counts', { as: 'viewer' })).status).toBe(200);
  });
});

test('while the API listens, silence counts; it says so from its first moment', async () => {
  const { node, token } = await speaker('INSERVICE');
  await say(node, token);
  expect(await yard.app.heartbeats.silent(10)).toMatchObject({ late: 0, nodes: [] });
  expect(await yard.app.redis.hgetall('{nodeyard}:listening')).toMatchObject({
    since: expect.stringMatching(/^\d+$/),
    until: expect.stringMatching(/^\d+$/),
  });
});
