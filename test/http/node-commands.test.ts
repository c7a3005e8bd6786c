/** Commands over HTTP: an operator asks, the node polls or listens, and says what became of it. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../../src/commands/commands.js';
import { nodeAt, type Standing } from '../store/support.js';
import { type Ask, type ErrorTold, YardApi } from './yard-api.js';

/** Short, so that a redelivery comes within a test. */
const VISIBILITY_MS = 500;

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open({ NODEYARD_COMMANDS_VISIBILITY: `${VISIBILITY_MS}ms` });
});
afterAll(() => yard.close());

let made = 0;
async function speaker(standing: Standing = 'INSERVICE') {
  made += 1;
  const { id, createdAt } = await nodeAt(yard.app.store, standing, { id: `told-${made}` });
  const token = await yard.app.nodeTokens.tokenOf({ id, createdAt });
  const call = <T = { commands: Command[] } & ErrorTold>(path: string, ask: Ask = {}) =>
    yard.ask<T>(`/v1/nodes/${id}${path}`, {
      ...ask,
      as: 'nobody',
      headers: { authorization: `Bearer ${token}`, ...ask.headers },
    });
  const poll = async (wait = 0) => (await call(`/commands?wait=${wait}`)).body.commands;
  const ack = (command: string, json: unknown = {}) =>
    call<{ command: Command } & ErrorTold>(`/commands/${command}/ack`, { method: 'POST', json });
  return { id, token, call, poll, ack };
}
const command = (id: string, json: unknown = { name: 'RemoveSubscribers' }, as: Ask['as'] = 'operator') =>
  yard.ask<{ command: Command } & ErrorTold>(`/v1/nodes/${id}/commands`, { method: 'POST', as: as!, json });
const noted = async (id: string) =>
  (await yard.app.store.history(id)).flatMap(({ type, reason }) => (type === 'noted' ? [reason] : []));

describe('a command', () => {
  test('is asked for by an operator, taken by the node, acknowledged, and visible to whoever may look', async () => {
    const node = await speaker();
    const payload = { below: 10 };
    const asked = await command(node.id, { name: 'RemoveSubscribers', payload, reason: 'upgrade', ttl: 60 });
    expect(asked.status).toBe(202);
    expect(asked.body.command).toMatchObject({ id: '1', name: 'RemoveSubscribers', payload, deliveries: 0 });
    expect(asked.body.command.expiresAt - asked.body.command.askedAt).toBe(60_000);
    expect(await node.poll()).toMatchObject([{ id: '1', payload, deliveries: 1 }]);
    const ended = await node.ack('1', { message: '3 removed' });
    expect([ended.status, ended.body.command]).toMatchObject([
      200,
      { outcome: 'done', message: '3 removed' },
    ]);
    const listed = await yard.ask<{ commands: Command[] }>(`/v1/nodes/${node.id}/commands/history`, {
      as: 'viewer',
    });
    expect(listed.body.commands).toMatchObject([{ id: '1', outcome: 'done', deliveries: 1 }]);
    expect(await noted(node.id)).toEqual([
      'command 1, RemoveSubscribers, was asked for by token test-operator: upgrade',
      'command 1, RemoveSubscribers, was delivered',
      'command 1, RemoveSubscribers, was acknowledged: done, 3 removed',
    ]);
    const { entries } = await yard.app.audit.list();
    expect(entries[0]).toMatchObject({ action: 'node.command', target: node.id, result: 'done' });
  });

  test('that a node took and did not acknowledge, because it crashed, comes again', async () => {
    const node = await speaker();
    await command(node.id);
    expect(await node.poll()).toMatchObject([{ id: '1', deliveries: 1 }]);
    // What follows the crash is a new process of the node, that waits.
    expect(await node.poll(30)).toMatchObject([{ id: '1', deliveries: 2 }]);
    await node.ack('1');
    expect(await node.poll()).toEqual([]);
  });

  test('reaches a node that waits for one', async () => {
    const node = await speaker();
    const waiting = node.poll(30);
    await command(node.id, { name: 'Ping' });
    expect(await waiting).toMatchObject([{ name: 'Ping', payload: null }]);
  });

  test('is not handed to a connection that has gone', async () => {
    const node = await speaker();
    const { hostname, port } = new URL(yard.api.url);
    const waiting = request({
      hostname,
      port,
      path: `/v1/nodes/${node.id}/commands?wait=30`,
      headers: { authorization: `Bearer ${node.token}` },
    });
    const refused = new Promise((resolve) => waiting.once('error', resolve));
    await new Promise<void>((resolve) => waiting.end(resolve));
    // Heard of by the server, and waiting there.
    await node.call('/events', { method: 'POST', json: {} });
    waiting.destroy();
    await refused;
    await node.call('/events', { method: 'POST', json: {} });
    await command(node.id);
    expect(await node.poll()).toMatchObject([{ id: '1', deliveries: 1 }]);
  });

  test('is a line for a shell that asks for text', async () => {
    const node = await speaker();
    await command(node.id, { name: 'Set.limit', payload: { text: 'two\nlines and ü', n: 1 } });
    await command(node.id, { name: 'Ping' });
    const { text, headers } = await node.call('/commands', { headers: { accept: 'text/plain' } });
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(text).toBe('1 Set.limit {"text":"two\\nlines and ü","n":1}\n2 Ping null\n');
  });

  test('comes as an event to a node that listens, again when it is not acknowledged', async () => {
    const node = await speaker();
    await command(node.id, { name: 'Before' });
    const leaving = new AbortController();
    const response = await fetch(`${yard.api.url}/v1/nodes/${node.id}/commands/stream`, {
      headers: { authorization: `Bearer ${node.token}` },
      signal: leaving.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = eventsOf(response);
    expect((await events.next()).value).toMatchObject({ name: 'Before', deliveries: 1 });
    await command(node.id, { name: 'After' });
    const [second, third] = [(await events.next()).value, (await events.next()).value];
    const names = [second, third].map((each) => `${each?.name} ${each?.deliveries}`).sort();
    expect(names).toEqual(['After 1', 'Before 2']);
    leaving.abort();
    await expect(events.next()).rejects.toThrow();
  });

  test('of a node that is on its way out is refused, and ends its stream', async () => {
    const node = await speaker();
    const response = await fetch(`${yard.api.url}/v1/nodes/${node.id}/commands/stream`, {
      headers: { authorization: `Bearer ${node.token}` },
    });
    await yard.app.client.requestDestruction(node.id);
    await response.text();
    expect((await node.call('/commands')).status).toBe(409);
    expect((await node.call('/commands/stream')).status).toBe(409);
    expect((await command(node.id)).body.error.code).toBe('WRONG_STATE');
  });

  test.each([
    ['no name', {}, 'name'],
    ['a name with a blank', { name: 'a b' }, 'name'],
    ['a field too many', { name: 'a', when: 1 }, 'when'],
    ['a payload that is too large', { name: 'a', payload: 'x'.repeat(9_000) }, 'payload'],
    ['a life that is too long', { name: 'a', ttl: 1e9 }, 'ttl'],
  ])('with %s is refused, with the field', async (_what, json, field) => {
    const node = await speaker();
    const { status, body } = await command(node.id, json);
    expect([status, body.error.field]).toEqual([400, field]);
  });
});

describe('who may do what', () => {
  test('a node takes and acknowledges its own and nobody else’s, and asks for none', async () => {
    const [one, two] = [await speaker(), await speaker()];
    await command(two.id);
    const as = { as: 'nobody', headers: { authorization: `Bearer ${one.token}` } } as const;
    const tries = [
      ['GET', `/v1/nodes/${two.id}/commands`],
      ['GET', `/v1/nodes/${two.id}/commands/stream`],
      ['POST', `/v1/nodes/${two.id}/commands/1/ack`],
      ['POST', `/v1/nodes/${one.id}/commands`],
      ['GET', `/v1/nodes/${one.id}/commands/history`],
    ] as const;
    for (const [method, path] of tries) {
      expect((await yard.ask(path, { ...as, method })).status, path).toBe(403);
    }
    expect(await yard.app.commands.list(two.id)).toMatchObject([{ deliveries: 0 }]);
  });

  test('a viewer asks for none, and no admin takes what is a node’s', async () => {
    const node = await speaker();
    expect((await command(node.id, { name: 'a' }, 'viewer')).status).toBe(403);
    expect((await yard.ask(`/v1/nodes/${node.id}/commands`, { as: 'admin' })).status).toBe(403);
  });

  test('a HEAD takes nothing', async () => {
    const node = await speaker();
    await command(node.id);
    const { status } = await node.call('/commands', { method: 'HEAD' });
    expect([404, 405]).toContain(status);
    expect(await yard.app.commands.list(node.id)).toMatchObject([{ deliveries: 0 }]);
  });

  test('an unknown command or node is told', async () => {
    const node = await speaker();
    const { status, body } = await node.ack('7');
    expect([status, body.error.code]).toEqual([404, 'UNKNOWN_COMMAND']);
    expect((await command('nobody')).body.error.code).toBe('UNKNOWN_NODE');
  });
});

async function* eventsOf(response: Response): AsyncGenerator<Command> {
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const parts = (rest + Buffer.from(chunk).toString()).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (data !== undefined) yield JSON.parse(data) as Command;
    }
  }
}
