/** Whatever is done with tokens, right or wrong, neither the log nor an answer holds one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApi } from '../../src/api.js';
import { openApp } from '../../src/app.js';
import { createLog, createRedactor } from '../../src/log.js';
import { nodeAt } from '../store/support.js';
import { Yard } from '../support/yard.js';

let yard: Yard;
beforeAll(async () => {
  yard = await Yard.open({ NODEYARD_API_LISTEN: '127.0.0.1:0' });
});
afterAll(() => yard.close());

test('no token is in the log, in an answer, in a history or in the audit trail, whatever was done with it', async () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  // Without the redactor: what is not written needs not be taken out.
  const log = createLog({ level: 'trace', destination });
  const app = await openApp({ config: yard.config, env: yard.env, temper: 'patient', log });
  const api = await startApi(app);
  let answered = '';
  const ask = async (path: string, init: RequestInit = {}): Promise<void> => {
    const response = await fetch(`${api.url}${path}`, init);
    answered += JSON.stringify([...response.headers]) + (await response.text());
  };
  const post = (token: string, body: string) => ({
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  });
  try {
    const { token, record } = await app.tokens.create({ name: 'spy', scope: 'admin' });
    const foreign = `nyt_abcdefghij_${'Z'.repeat(43)}`;
    for (const each of [token, foreign]) {
      await ask('/v1/nodes', post(each, '{"group":"g","role":"r","stack":"local-node","id":"watched"}'));
      await ask('/v1/nodes', post(each, '{"group":1}'));
      await ask('/v1/nodes', post(each, '{'));
      await ask('/v1/nodes/watched/destroy', post(each, '{"reason":"enough"}'));
      await ask('/queues/sign-in', {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: api.url, accept: 'text/html' },
        body: new URLSearchParams({ token: each }),
      });
      await ask(`/v1/counts?token=${each}`);
      await ask(`/v1/counts?x=${each}`, { headers: { authorization: `Bearer ${each}` } });
      await ask('/v1/counts', { headers: { authorization: each } });
      await ask('/v1/counts', { headers: { authorization: `Basic ${each}` } });
      await ask('/v1/counts', { headers: { authorization: `Bearer ${each}x` } });
      await ask('/v1/counts', { headers: { authorization: `Bearer ${each}`, 'x-request-id': each } });
    }
    await app.tokens.revoke(record.id);
    await ask('/v1/audit', { headers: { authorization: `Bearer ${token}` } });
    const [, session = ''] = /nodeyard_board=([\w-]{43});/.exec(answered) ?? [];
    await ask('/queues/api/queues', { headers: { cookie: `nodeyard_board=${session}` } });
    const logged = lines.join('');
    const kept = JSON.stringify([await app.store.history('watched'), await app.audit.list({ limit: 1_000 })]);
    expect(logged).toContain('"audit"');
    expect(kept).toContain('token spy');
    expect(kept).toContain('board.sign-in');
    expect(session).not.toBe('');
    expect(logged + kept).not.toContain(session);
    for (const [what, text] of Object.entries({ logged, answered, kept })) {
      expect(text, what).not.toContain(token.slice(15));
      expect(text, what).not.toContain('Z'.repeat(43));
    }
  } finally {
    await api.close();
    await app.close();
  }
});

test('no node’s token is in the log, in an answer, in a history or in the audit trail', async () => {
  const lines: string[] = [];
  const log = createLog({ level: 'trace', destination: { write: (line) => void lines.push(line) } });
  const app = await openApp({ config: yard.config, env: yard.env, temper: 'patient', log });
  const api = await startApi(app);
  let answered = '';
  const ask = async (path: string, token: string, body?: string): Promise<number> => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${api.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, ...type },
      ...(body === undefined ? {} : { body }),
    });
    answered += JSON.stringify([...response.headers]) + (await response.text());
    return response.status;
  };
  try {
    const { id, createdAt } = await nodeAt(app.store, 'CREATED', { id: 'speaks' });
    const token = await app.nodeTokens.tokenOf({ id, createdAt });
    await app.commands.ask(id, { name: 'Ping', ttlMs: 60_000 }, { actor: 'operator' });
    const place = `/v1/nodes/${id}`;
    expect(await ask(`${place}/events`, token, '{"configured":true}')).toBe(200);
    for (const each of [token, `${token.slice(0, -2)}AA`]) {
      await ask(`${place}/events`, each, '{"connections":-1}');
      await ask(`${place}/events`, each, '{');
      await ask(`${place}/commands`, each);
      await ask(`${place}/commands/1/ack`, each, '{}');
      await ask(`${place}?x=${each}`, each);
      await ask('/v1/nodes/another/events', each, '{}');
      await ask(`/v1/nodes/${each}/events`, each, '{}');
    }
    const logged = lines.join('');
    const kept = JSON.stringify([await app.store.history(id), await app.audit.list({ limit: 1_000 })]);
    expect(logged).toContain('events');
    expect(kept).toContain('was acknowledged');
    for (const [what, text] of Object.entries({ logged, answered, kept })) {
      expect(text, what).not.toContain(token.slice(-43, -2));
    }
  } finally {
    await api.close();
    await app.close();
  }
});

test('the log takes a token out of any text, and leaves its id to revoke it by', () => {
  const redact = createRedactor([]);
  expect(redact(`{"url":"/x?t=nyt_abcdefghij_${'aB-_'.repeat(10)}abc"}`)).toBe(
    '{"url":"/x?t=nyt_abcdefghij_[redacted]"}',
  );
});
