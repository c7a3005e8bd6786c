/** Webhooks over HTTP: managed by admins, and never with their secret in an answer but the first. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/auth/audit-trail.js';
import type { Webhook } from '../../src/webhooks/webhook.js';
import { answering, Receiver } from '../webhooks/support/receiver.js';
import { verified } from '../webhooks/support/verify.js';
import { type ErrorTold, YardApi } from './yard-api.js';

let yard: YardApi;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.open();
  yard = await YardApi.open({
    NODEYARD_WEBHOOKS_ALLOW_HTTP: 'on',
    NODEYARD_WEBHOOKS_ALLOW_PRIVATE: '127.0.0.1',
  });
});
afterAll(async () => {
  await yard.close();
  await receiver.close();
});

interface Created {
  readonly webhook: Webhook;
  readonly secret: string;
}
const ask = <T = ErrorTold>(method: string, path: string, json?: unknown) =>
  yard.ask<T>(path, { method, as: 'admin', ...(json === undefined ? {} : { json }) });
const add = async (more: object = {}): Promise<Created> =>
  (await ask<Created>('POST', '/v1/webhooks', { url: receiver.url, ...more })).body;

describe('a webhook', () => {
  test('is added, shown, listed and removed', async () => {
    const { webhook, secret } = await add({ filter: { states: ['FAILED'] }, description: 'pager' });
    expect(secret).toMatch(/^whsec_/);
    expect(webhook).toMatchObject({
      url: receiver.url,
      filter: { states: ['FAILED'] },
      description: 'pager',
      enabled: true,
      createdBy: 'token test-admin',
    });
    const shown = await ask<{ webhook: Webhook }>('GET', `/v1/webhooks/${webhook.id}`);
    expect(shown.body).toEqual({ webhook });
    const listed = await ask<{ webhooks: Webhook[] }>('GET', '/v1/webhooks');
    expect(listed.body.webhooks).toContainEqual(webhook);
    for (const { text } of [shown, listed]) expect(text).not.toContain(secret.slice(6));
    expect((await ask('DELETE', `/v1/webhooks/${webhook.id}`)).body).toEqual({ removed: webhook.id });
    const gone = await ask('GET', `/v1/webhooks/${webhook.id}`);
    expect([gone.status, gone.body.error.code]).toEqual([404, 'UNKNOWN_WEBHOOK']);
  });

  test('is disabled with who did it, and enabled', async () => {
    const { id } = (await add()).webhook;
    const disable = (json?: unknown) => ask<{ webhook: Webhook }>('POST', `/v1/webhooks/${id}/disable`, json);
    expect((await disable({ reason: 'moving house' })).body.webhook).toMatchObject({
      enabled: false,
      disabledReason: 'token test-admin: moving house',
    });
    const enabled = await ask<{ webhook: Webhook }>('POST', `/v1/webhooks/${id}/enable`);
    expect(enabled.body.webhook).not.toHaveProperty('disabledReason');
    expect((await disable()).body.webhook).toMatchObject({ disabledReason: 'token test-admin' });
  });

  test('is tried, and the answer is shown', async () => {
    const { webhook, secret } = await add();
    receiver.next.push(answering(401, {}, 'who are you?'));
    const path = `/v1/webhooks/${webhook.id}/test`;
    expect((await ask('POST', path)).body).toEqual({
      delivered: false,
      ms: expect.any(Number),
      answer: { kind: 'answered', status: 401, said: 'who are you?' },
    });
    expect((await ask('POST', path)).body).toMatchObject({ delivered: true, answer: { status: 200 } });
    const { headers, body } = receiver.received.at(-1) ?? { headers: {}, body: '' };
    expect(await verified(secret, headers, body)).toMatchObject({ type: 'webhook.test' });
  });

  test('shows its dead letters, and gives them back', async () => {
    const { id } = (await add()).webhook;
    expect((await ask('GET', `/v1/webhooks/${id}/dead-letters?limit=5`)).body).toEqual({ letters: [] });
    const redeliver = (json: unknown) => ask('POST', `/v1/webhooks/${id}/redeliver`, json);
    expect((await redeliver({ letters: 'all' })).body).toEqual({ redelivered: 0 });
    expect((await redeliver({ letters: ['1-0'] })).body).toEqual({ redelivered: 0 });
    expect((await redeliver({ letters: ['x'] })).body.error.field).toBe('letters[0]');
    expect((await redeliver({})).status).toBe(400);
  });

  test.each([
    [{ url: 'http://10.0.0.1/' }, 'url'],
    [{ url: 'https://169.254.169.254/latest/meta-data' }, 'url'],
    [{ url: 'ftp://127.0.0.1/' }, 'url'],
    [{ url: 'https://u:p@hooks.example.com/' }, 'url'],
    [{ url: 'https://hooks.example.com/', filter: { states: ['GONE'] } }, 'filter.states[0]'],
    [{ url: 'https://hooks.example.com/', secret: 'mine' }, 'secret'],
    [{}, 'url'],
  ])('like %j is refused, the field named', async (json, field) => {
    const { status, body } = await ask('POST', '/v1/webhooks', json);
    expect([status, body.error.code, body.error.field]).toEqual([400, 'INVALID_INPUT', field]);
  });

  test.each(['GET', 'DELETE'])('whose id is none is refused by %s', async (method) => {
    expect((await ask(method, '/v1/webhooks/..%2Fx')).status).toBe(400);
    expect((await ask(method, '/v1/webhooks/whaaaaaaaaaaaa')).status).toBe(404);
  });

  test('is on the audit trail with everything that was done to it, its secret excepted', async () => {
    const { webhook, secret } = await add();
    await ask('DELETE', `/v1/webhooks/${webhook.id}`);
    const { body, text } = await ask<{ entries: AuditEntry[] }>('GET', '/v1/audit?limit=2');
    expect(body.entries).toMatchObject([
      { action: 'webhook.remove', target: webhook.id, who: 'token test-admin', result: 'done' },
      { action: 'webhook.add', target: webhook.id },
    ]);
    expect(text).not.toContain(secret.slice(6));
  });
});
