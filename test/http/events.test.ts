/** The stream of events over HTTP: pages, and listeners on real sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startApi } from '../../src/api.js';
import type { NodeEvent } from '../../src/node/record.js';
import { EVENTS_KEY } from '../../src/store/keys.js';
import type { EventPage } from '../../src/store/store.js';
import { nodeAt, nodeRequest } from '../store/support.js';
import { type Listener, listenTo } from './listen.js';
import { type ErrorTold, YardApi } from './yard-api.js';

const PATIENCE = { timeout: 30_000 };

let yard: YardApi;
const open: Listener[] = [];
beforeEach(async () => {
  yard = await YardApi.open({ NODEYARD_API_MAX_LISTENERS: '20', NODEYARD_API_REQUEST_TIMEOUT: '1s' });
});
afterEach(async () => {
  for (const listener of open.splice(0)) listener.leave();
  await yard.close();
});

async function listen(path = '/v1/events', headers: Record<string, string> = {}, url = yard.api.url) {
  const listener = await listenTo(`${url}${path}`, { token: yard.tokens.viewer, headers });
  open.push(listener);
  return listener;
}
const made = async (overrides = {}): Promise<string> =>
  (await yard.app.store.create(nodeRequest(overrides), { actor: 'producer' })).node.id;
const idsOf = (listener: Listener): string[] => listener.data<NodeEvent>().map(({ nodeId }) => nodeId);
const page = async (query = '') => (await yard.ask<EventPage>(`/v1/events${query}`)).body;

describe('a page of events', () => {
  test('begins with the oldest, goes on after its `next`, and says when there is no more', async () => {
    const ids = [await made(), await made(), await made()];
    const first = await page('?limit=2');
    expect([first.events.map(({ nodeId }) => nodeId), first.more]).toEqual([ids.slice(0, 2), true]);
    const second = await page(`?limit=2&after=${first.next}`);
    expect([second.events.map(({ nodeId }) => nodeId), second.more]).toEqual([ids.slice(2), false]);
    expect(second).not.toHaveProperty('gap');
  });

  test('holds what was asked for, in either vocabulary, and no more than the limit', async () => {
    await made({ group: 'a', role: 'x' });
    const inService = await nodeAt(yard.app.store, 'INSERVICE', { group: 'b', role: 'x' });
    const failed = await nodeAt(yard.app.store, 'FAILED create', { group: 'b', role: 'y' });
    expect((await page('?to=FAULT')).events.map(({ nodeId }) => nodeId)).toEqual([failed.id]);
    expect((await page('?group=b&role=x&to=inservice')).events).toMatchObject([{ nodeId: inService.id }]);
    const one = await page(`?node=${failed.id},${inService.id}&type=transition&limit=1`);
    expect([one.events.length, one.more]).toEqual([1, true]);
    const rest = await page(`?node=${failed.id},${inService.id}&type=transition&after=${one.next}`);
    const whole = await page(`?node=${failed.id},${inService.id}&type=transition`);
    expect([...one.events, ...rest.events]).toEqual(whole.events);
  });

  test('says what is missing after a position that was trimmed away, or that is no position of this stream', async () => {
    await made();
    const { next } = await page();
    const kept = [await made(), await made()];
    await yard.app.redis.xtrim(EVENTS_KEY, 'MAXLEN', 2);
    const trimmed = await page(`?after=${next}`);
    expect(trimmed.gap).toEqual({ after: next, oldest: trimmed.events[0]?.position, why: 'trimmed' });
    expect(trimmed.events.map(({ nodeId }) => nodeId)).toEqual(kept);
    expect((await page('?after=999999999999999-0')).gap).toMatchObject({ why: 'reset' });
  });

  test.each(['after=$', 'after=x', 'to=nowhere', 'type=x', 'node=..', 'limit=0', 'odd=1'])(
    'is refused for %s',
    async (query) => {
      const { status, body } = await yard.ask<ErrorTold>(`/v1/events?${query}`);
      expect([status, body.error.code]).toEqual([400, 'INVALID_INPUT']);
    },
  );
});

describe('a listener', () => {
  test('hears new events only, with their positions as ids, for longer than a request may take', async () => {
    await made();
    const listener = await listen();
    expect([listener.status, listener.headers['content-type']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    expect(listener.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const ids = [await made(), await made()];
    await expect.poll(() => idsOf(listener), PATIENCE).toEqual(ids);
    expect(listener.entries.map(({ id }) => id)).toEqual(
      listener.data<NodeEvent>().map(({ position }) => position),
    );
    // Twice the limit of a request.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const late = await made();
    await expect.poll(() => idsOf(listener), PATIENCE).toEqual([...ids, late]);
  });

  test('that comes again with Last-Event-ID goes on without loss or repetition, while events go on', async () => {
    let stopped = false;
    const ids: string[] = [];
    const writing = (async () => {
      while (!stopped) ids.push(await made());
    })();
    const heard: string[] = [];
    let last = '0';
    for (let round = 0; round < 5; round += 1) {
      // What the header says comes before what the address says, which stays the same.
      const listener = await listen('/v1/events?after=0', { 'last-event-id': last });
      await expect.poll(() => listener.entries.length, PATIENCE).toBeGreaterThan(10);
      listener.leave();
      await listener.ended;
      heard.push(...idsOf(listener));
      last = listener.entries.at(-1)?.id ?? last;
    }
    stopped = true;
    await writing;
    const end = await listen('/v1/events', { 'last-event-id': last });
    await expect.poll(() => heard.length + idsOf(end).length, PATIENCE).toBe(ids.length);
    expect([...heard, ...idsOf(end)]).toEqual(ids);
  });

  test('hears what it has chosen, and its place moves on with what it has not', async () => {
    const listener = await listen('/v1/events?after=0&group=b');
    await made({ group: 'a' });
    const id = await made({ group: 'b' });
    await expect.poll(() => idsOf(listener), PATIENCE).toEqual([id]);
  });

  test('hears of a gap first', async () => {
    await made();
    const { next } = await page();
    const kept = [await made(), await made()];
    await yard.app.redis.xtrim(EVENTS_KEY, 'MAXLEN', 2);
    const listener = await listen(`/v1/events?after=${next}`);
    await expect.poll(() => idsOf(listener), PATIENCE).toEqual(kept);
    expect(listener.entries[0]).toMatchObject({ event: 'gap' });
    expect(listener.named('gap')).toMatchObject([{ after: next, why: 'trimmed' }]);
  });

  test('hears that Redis is away and back, and misses nothing', async () => {
    const listener = await listen();
    const before = await made();
    await expect.poll(() => idsOf(listener), PATIENCE).toEqual([before]);
    await yard.yard.redis.kill();
    await expect.poll(() => listener.named('outage'), PATIENCE).toMatchObject([{ away: true }]);
    await yard.yard.redis.restart();
    await expect.poll(() => yard.app.redis.ping().catch(() => ''), PATIENCE).toBe('PONG');
    const after = await made();
    await expect.poll(() => idsOf(listener), PATIENCE).toEqual([before, after]);
    await expect
      .poll(() => listener.named('outage'), PATIENCE)
      .toMatchObject([{ away: true }, { away: false }]);
  });

  test('beyond the limit is sent away with 503, until another one has left', async () => {
    const listeners = await Promise.all(Array.from({ length: 20 }, () => listen()));
    const refused = await yard.ask<ErrorTold>('/v1/events', { headers: { accept: 'text/event-stream' } });
    expect([refused.status, refused.body.error.code]).toEqual([503, 'TOO_MANY_LISTENERS']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await yard.ask('/v1/events')).status).toBe(200);
    listeners[0]?.leave();
    await expect
      .poll(async () => {
        const next = await listen();
        return next.status;
      }, PATIENCE)
      .toBe(200);
  });

  test('costs no connection of its own', async () => {
    const connections = async (): Promise<number> =>
      String(await yard.app.redis.client('LIST'))
        .trim()
        .split('\n').length;
    const first = await listen();
    const id = await made();
    await expect.poll(() => idsOf(first), PATIENCE).toEqual([id]);
    const before = await connections();
    const others = await Promise.all(Array.from({ length: 15 }, () => listen('/v1/events?after=0')));
    for (const other of others) await expect.poll(() => idsOf(other), PATIENCE).toEqual([id]);
    expect(await connections()).toBe(before);
  });

  test('is told why the stream ends when the server is stopped, and does not hold it up', async () => {
    const listener = await listen();
    await yard.api.close();
    await listener.ended;
    expect(listener.named('end')).toEqual([{ why: 'closing' }]);
  });

  test('needs a token that suffices, before anything else', async () => {
    const headers = { accept: 'text/event-stream' };
    expect((await yard.ask('/v1/events', { as: 'nobody', headers })).status).toBe(401);
  });

  test('that asks with HEAD is not left waiting', async () => {
    const { status } = await yard.ask('/v1/events', {
      method: 'HEAD',
      headers: { accept: 'text/event-stream' },
    });
    expect(status).toBe(200);
  });
});

describe('with a quick pace', () => {
  const streamLimits = { heartbeatMs: 100, slowMs: 300, bufferBytes: 16 * 1024 };

  test('signs of life come between events, with the place to go on from', async () => {
    const api = await startApi(yard.app, { streamLimits });
    const listener = await listen('/v1/events?group=none', {}, api.url);
    const { position } = (await yard.app.store.history(await made()))[0] ?? { position: '' };
    await expect.poll(() => listener.text, PATIENCE).toContain(`: alive\nid: ${position}\n\n`);
    expect(listener.entries).toEqual([]);
    await api.close();
  });

  test('a stream ends soon after its token was revoked', async () => {
    const api = await startApi(yard.app, { streamLimits });
    const { token, record } = await yard.app.tokens.create({ name: 'short', scope: 'viewer' });
    const listener = await listenTo(`${api.url}/v1/events`, { token });
    await yard.app.tokens.revoke(record.id);
    await listener.ended;
    expect(listener.named('end')).toEqual([{ why: 'token' }]);
    await api.close();
  });

  test('a client that takes nothing is sent away, costs no more than its buffer, and goes on where it was', async () => {
    const api = await startApi(yard.app, { streamLimits });
    const slow = await listenTo(`${api.url}/v1/events?after=0`, { token: yard.tokens.viewer, paused: true });
    const quick = await listen('/v1/events?after=0', {}, api.url);
    const node = await made();
    // More than the buffers of both ends of a connection hold.
    const reason = 'r'.repeat(400);
    const notes = 25_000;
    for (let i = 0; i < notes / 500; i += 1) {
      await Promise.all(
        Array.from({ length: 500 }, () => yard.app.store.note(node, { actor: 'operator', reason })),
      );
    }
    await expect.poll(() => quick.entries.length, { timeout: 60_000 }).toBe(notes + 1);
    slow.answer.resume();
    await slow.ended;
    expect(slow.data().length).toBeLessThan(notes + 1);
    const last = slow.entries.filter(({ id }) => id !== undefined).at(-1)?.id ?? '0';
    const again = await listen('/v1/events', { 'last-event-id': last }, api.url);
    await expect.poll(() => slow.data().length + again.data().length, { timeout: 60_000 }).toBe(notes + 1);
    const heard = [...slow.data<NodeEvent>(), ...again.data<NodeEvent>()].map(({ position }) => position);
    expect(heard).toEqual(quick.data<NodeEvent>().map(({ position }) => position));
    await api.close();
  }, 180_000);
});
