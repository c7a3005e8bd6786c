/** A server without any token: whom it lets in, and whom not. */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedApi, startApi } from '../../src/api.js';
import { createDoor, isLoopback } from '../../src/http/auth/door.js';
import { Yard } from '../support/yard.js';

let yard: Yard;
let api: StartedApi;
beforeAll(async () => {
  yard = await Yard.open({ NODEYARD_API_LISTEN: '127.0.0.1:0' });
  api = await startApi(yard.app);
});
afterAll(async () => {
  await api.close();
  await yard.close();
});

/** With headers that fetch would not let through. */
const status = (headers: Record<string, string>, method = 'GET'): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(`${api.url}/v1/nodes`, { method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });

test('somebody on this machine is let in, under any of its names', async () => {
  const { port } = new URL(api.url);
  expect(api.open).toBe(true);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'localhost', '[::1]:1', '127.1.2.3']) {
    expect(await status({ host }), host).toBe(200);
  }
});

test('a page that was led here by a name of its own is not', async () => {
  for (const host of [
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
  ]) {
    expect(await status({ host }), host).toBe(403);
  }
});

test('a page of another origin is not, and our own is', async () => {
  const { host } = new URL(api.url);
  for (const origin of ['http://evil.example', 'https://localhost', 'null', 'http://localhost:1']) {
    expect(await status({ host, origin }, 'POST'), origin).toBe(403);
  }
  expect(await status({ host, origin: `http://${host}` })).toBe(200);
});

test('somebody behind a proxy is not', async () => {
  for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-proto']) {
    expect(await status({ [name]: '127.0.0.1' }), name).toBe(403);
  }
});

test('a wrong token is refused all the same', async () => {
  expect(await status({ authorization: `Bearer nyt_abcdefghij_${'A'.repeat(43)}` })).toBe(401);
  expect(await status({ authorization: 'Bearer x' })).toBe(401);
});

test('who is let in is the local admin, and the history says so', async () => {
  const answer = await fetch(`${api.url}/v1/whoami`);
  expect(await answer.json()).toEqual({ kind: 'local', name: 'local', scope: 'admin' });
});

test('an address that others can reach is never open, whatever tokens there are', async () => {
  const tokens = { any: async () => false };
  const at = (host: string, hasIssuer = false) =>
    createDoor({ tokens, host, hasIssuer, monotonic: () => 0 }).isOpen();
  expect(await at('127.0.0.1')).toBe(true);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'yard.example', ''])
    expect(await at(host), host).toBe(false);
  expect(await at('127.0.0.1', true)).toBe(false);
});

test('loopback is 127.0.0.0/8, ::1 and localhost, and nothing that only looks like it', () => {
  for (const host of ['127.0.0.1', '127.255.0.9', '::1', 'localhost'])
    expect(isLoopback(host), host).toBe(true);
  for (const host of ['127.0.0.1.example', '127', '128.0.0.1', '::', '::ffff:10.0.0.1', '', 'local']) {
    expect(isLoopback(host), host).toBe(false);
  }
});
