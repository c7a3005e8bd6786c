/** The graceful end: what is at work is answered, what lasts is told, what comes later is sent away. */
import { Agent, request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { apiParts } from '../../src/api.js';
import { listen } from '../../src/http/listen.js';
import type { ApiParts } from '../../src/http/parts.js';
import { watchRedis } from '../../src/http/redis-gate.js';
import type { Findings } from '../../src/http/schemas/reconcile.js';
import { buildServer } from '../../src/http/server.js';
import { YardApi } from './yard-api.js';

let yard: YardApi;
let end: (() => Promise<void>) | undefined;
beforeEach(async () => {
  yard = await YardApi.open();
});
afterEach(async () => {
  await end?.();
  await yard.close();
});

/** A server whose look at the fleet takes until it is let go. */
async function serve(graceMs: number) {
  const gate = watchRedis(yard.app.redis);
  const closing = new AbortController();
  let letGo = (): void => {};
  let begun = (): void => {};
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const findings: ApiParts['findings'] = () =>
    new Promise<Findings>((resolve) => {
      letGo = () => resolve({ lookedAt: 1, findings: [], more: false, failures: [], inventories: [] });
      begun();
    });
  const parts = { ...(await apiParts(yard.app, gate, closing.signal, {})), findings };
  const server = await listen(await buildServer(parts), { host: '127.0.0.1', port: 0, graceMs, closing });
  end = async () => {
    gate.stop();
    await server.close();
  };
  return { server, started, letGo: () => letGo(), closing: closing.signal };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const get = (url: string): Promise<{ status: number; text: string; connection: string | undefined }> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${yard.tokens.viewer}` };
    const sent = request(url, { headers, agent }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, text, connection: answer.headers.connection }),
      );
    });
    sent.on('error', reject).end();
  });

test('a request at work is answered, and nobody else is let in', async () => {
  const { server, started, letGo, closing } = await serve(60_000);
  const atWork = get(`${server.url}/v1/reconcile/findings`);
  await started;
  const closed = server.close();
  expect(closing.aborted).toBe(true);
  const late = await fetch(`${server.url}/livez`).catch(() => undefined);
  expect([undefined, 503]).toContain(late?.status);
  letGo();
  expect(await atWork).toMatchObject({ status: 200, connection: 'close' });
  await closed;
});

test('a request that comes on an open connection meanwhile is sent away with 503', async () => {
  const { server, started, letGo } = await serve(60_000);
  const atWork = get(`${server.url}/v1/reconcile/findings`);
  await started;
  // Its connection is open before the end begins, and its request comes after.
  const late = await yard.opened(server.url);
  const closed = server.close();
  const answer = await late.send('GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 503 .*"CLOSING"/s);
  letGo();
  expect((await atWork).status).toBe(200);
  await closed;
});

test('a request that does not end is cut off after the grace', async () => {
  const { server, started } = await serve(50);
  const atWork = get(`${server.url}/v1/reconcile/findings`).catch((error: Error) => error.message);
  await started;
  await server.close();
  expect(await atWork).toMatch(/socket hang up|ECONNRESET/);
});

test('a connection without a request does not hold it up', async () => {
  const { server } = await serve(60_000);
  expect((await get(`${server.url}/livez`)).status).toBe(200);
  await server.close();
});

test('closing twice is closing once', async () => {
  const { server } = await serve(60_000);
  await Promise.all([server.close(), server.close()]);
});
