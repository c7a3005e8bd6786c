/** Streams of the API as the client hears them: against a real API that is cut off, restarted and left. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startApi } from '../../src/api.js';
import { type Entry, entriesOf } from '../../src/remote/entries.js';
import { connectApi, type EventEntry } from '../../src/remote/index.js';
import { EVENTS_KEY } from '../../src/store/keys.js';
import { YardApi } from '../http/yard-api.js';
import { nodeRequest } from '../store/support.js';

const bytesOf = async function* (text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
};
const read = async (text: string, sizes: readonly number[] = [1_000]): Promise<Entry[]> => {
  const entries: Entry[] = [];
  for await (const entry of entriesOf(bytesOf(text, sizes))) entries.push(entry);
  return entries;
};

describe('the entries of a stream', () => {
  test('are the same however the bytes are cut, and know places that come without data', async () => {
    const text =
      'retry: 2000\nid: 1-0\n\nid: 2-0\ndata: {"a":"ü\\n"}\n\n: alive\nid: 3-0\n\nevent: end\ndata: {"why":"closing"}\n\n';
    const expected = [
      { place: '1-0' },
      { event: undefined, id: '2-0', data: { a: 'ü\n' } },
      { place: '3-0' },
      { event: 'end', id: undefined, data: { why: 'closing' } },
    ];
    expect(await read(text)).toEqual(expected);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (sizes) => {
        expect(await read(text, sizes)).toEqual(expected);
        expect(await read(text.replaceAll('\n', '\r\n'), sizes)).toEqual(expected);
      }),
    );
  });

  test('that are no JSON are an error and not an event', async () => {
    await expect(read('data: {\n\n')).rejects.toThrow(SyntaxError);
  });
});

describe('following events', () => {
  let yard: YardApi;
  const ends: AbortController[] = [];
  beforeEach(async () => {
    yard = await YardApi.open();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) end.abort();
    await yard.close();
  });

  const made = async (): Promise<string> =>
    (await yard.app.store.create(nodeRequest(), { actor: 'producer' })).node.id;
  function hear(after?: string) {
    const end = new AbortController();
    ends.push(end);
    const api = connectApi({ url: yard.api.url, token: yard.tokens.viewer, pause: async () => undefined });
    const entries = api.events.follow(after === undefined ? {} : { after }, { signal: end.signal });
    return { entries, end };
  }
  const next = async (entries: AsyncGenerator<EventEntry>): Promise<EventEntry> => {
    const { value, done } = await entries.next();
    if (done === true) throw new Error('it has ended');
    return value;
  };
  const until = async (
    entries: AsyncGenerator<EventEntry>,
    kind: EventEntry['kind'],
  ): Promise<EventEntry[]> => {
    const heard: EventEntry[] = [];
    do heard.push(await next(entries));
    while (heard.at(-1)?.kind !== kind);
    return heard;
  };

  test('hears what happens from the moment that it is open, and what was, from a position on', async () => {
    const old = await made();
    const fresh = hear();
    expect(await next(fresh.entries)).toEqual({ kind: 'open' });
    const young = await made();
    expect(await next(fresh.entries)).toMatchObject({ kind: 'event', event: { nodeId: young } });
    const whole = hear('0');
    await next(whole.entries);
    expect(await next(whole.entries)).toMatchObject({ kind: 'event', event: { nodeId: old } });
    expect(await next(whole.entries)).toMatchObject({ kind: 'event', event: { nodeId: young } });
  });

  test('goes on where it was when the API comes back: nothing is missed, nothing is heard twice', async () => {
    const { entries } = hear();
    await next(entries);
    const first = await made();
    expect(await next(entries)).toMatchObject({ event: { nodeId: first } });
    const { port } = new URL(yard.api.url);
    const ended = until(entries, 'end');
    await yard.api.close();
    expect((await ended).at(-1)).toEqual({ kind: 'end', why: 'closing' });
    const lost = next(entries);
    expect(await lost).toMatchObject({ kind: 'lost', error: { code: 'API_UNAVAILABLE' } });
    const meanwhile = await made();
    const config = { ...yard.yard.config };
    const back = await startApi({
      ...yard.app,
      config: { ...config, api: { ...config.api, listen: { host: '127.0.0.1', port: Number(port) } } },
    });
    try {
      expect(await next(entries)).toEqual({ kind: 'open' });
      expect(await next(entries)).toMatchObject({ kind: 'event', event: { nodeId: meanwhile } });
    } finally {
      for (const end of ends.splice(0)) end.abort();
      await back.close();
    }
  });

  test('tells of a gap', async () => {
    await made();
    const after = await yard.app.store.latestPosition();
    const kept = [await made(), await made()];
    await yard.app.redis.xtrim(EVENTS_KEY, 'MAXLEN', 1);
    const { entries } = hear(after);
    const [, gap, event] = [await next(entries), await next(entries), await next(entries)];
    expect(gap).toMatchObject({ kind: 'gap', gap: { after, why: 'trimmed' } });
    expect(event).toMatchObject({ event: { nodeId: kept[1] } });
  });

  test('ends with the reason of its signal, and leaves no listener behind when it is left', async () => {
    const reason = new Error('enough');
    const { entries, end } = hear();
    await next(entries);
    const waiting = entries.next();
    end.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const left = hear();
    await next(left.entries);
    await left.entries.return(undefined);
    expect((await left.entries.next()).done).toBe(true);
  });

  test('is refused at once: a wrong token, an API that is not there', async () => {
    const wrong = connectApi({ url: yard.api.url, token: `nyt_abcdefghij_${'A'.repeat(43)}` });
    await expect(wrong.events.follow().next()).rejects.toMatchObject({ answerCode: 'UNAUTHENTICATED' });
    const nobody = connectApi({ url: 'http://127.0.0.1:1' });
    await expect(nobody.events.follow().next()).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
  });
});

describe('a stream that is cut off', () => {
  test('is asked for again after the last entry that was taken, also one that a filter left out', async () => {
    const asked: (string | undefined)[] = [];
    const pauses: number[] = [];
    const bodies = ['id: 1-0\ndata: {"nodeId":"a"}\n\nid: 7-0\n\n', '', 'id: 8-0\ndata: {"nodeId":"b"}\n\n'];
    const answers: ServerResponse[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined);
      answers.push(response);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
      const body = bodies.shift();
      response.write(body ?? '', () => {
        if (body !== undefined) response.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const end = new AbortController();
    try {
      const { port } = server.address() as AddressInfo;
      const api = connectApi({
        url: `http://127.0.0.1:${port}`,
        pause: async (ms) => void pauses.push(ms),
      });
      const heard: string[] = [];
      for await (const entry of api.events.follow({}, { signal: end.signal })) {
        heard.push(entry.kind === 'event' ? entry.event.nodeId : entry.kind);
        if (heard.at(-1) === 'b') break;
      }
      expect(heard).toEqual(['open', 'a', 'lost', 'open', 'lost', 'open', 'b']);
      expect(asked).toEqual([undefined, '7-0', '7-0']);
      expect(pauses).toHaveLength(2);
      for (const pause of pauses) expect(pause).toBeLessThanOrEqual(15_000);
    } finally {
      end.abort();
      server.close();
      server.closeAllConnections();
    }
  });
});
