/** What the server does with requests that are broken, huge, slow or too many. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { apiParts } from '../../src/api.js';
import { depthOf } from '../../src/http/content.js';
import type { ApiParts } from '../../src/http/parts.js';
import { watchRedis } from '../../src/http/redis-gate.js';
import { buildServer } from '../../src/http/server.js';
import { type ErrorTold, YardApi } from './yard-api.js';

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open({ NODEYARD_API_BODY_LIMIT: '16KiB', NODEYARD_API_REQUEST_TIMEOUT: '1s' });
});
afterAll(() => yard.close());

const ask = (path: string, options = {}) => yard.ask<ErrorTold>(path, options);
const JSON_TYPE = { 'content-type': 'application/json' };

const raw = (bytes: string): Promise<string> => yard.raw(bytes);

/** A server on the same Redis with other parts, asked without a network. */
async function withParts(
  more: Partial<ApiParts>,
  work: (
    inject: (url: string) => Promise<{ status: number; body: ErrorTold; text: string }>,
  ) => Promise<void>,
) {
  const gate = watchRedis(yard.app.redis);
  const parts = await apiParts(yard.app, gate, new AbortController().signal, {});
  const server = await buildServer({ ...parts, ...more });
  try {
    await work(async (url) => {
      const headers = { authorization: `Bearer ${yard.tokens.admin}` };
      const answer = await server.inject({ url, headers });
      return { status: answer.statusCode, body: answer.json<ErrorTold>(), text: answer.body };
    });
  } finally {
    gate.stop();
    await server.close();
  }
}

describe('a body', () => {
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'nonsense',
  ])('of the type %s is refused with 415', async (type) => {
    const answer = await ask('/v1/nodes', { method: 'POST', body: '{}', headers: { 'content-type': type } });
    expect([answer.status, answer.body.error.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  test('larger than the limit is refused with 413, also when it does not say how large it is', async () => {
    const huge = JSON.stringify({ group: 'x'.repeat(20_000) });
    const told = await ask('/v1/nodes', { method: 'POST', body: huge, headers: JSON_TYPE });
    expect([told.status, told.body.error.code]).toEqual([413, 'BODY_TOO_LARGE']);
    const chunk = huge.slice(0, 17_000);
    const streamed = await raw(
      `POST /v1/nodes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${yard.tokens.admin}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`,
    );
    expect(streamed).toContain('413 ');
  });

  test.each([
    '{',
    '',
    'nul',
    '{"a":1}x',
    '\u0000',
    '{"__proto__":{"x":1}}',
    `{"inputs":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  ])('that is not JSON, or is not meant well, is refused with 400: %#', async (body) => {
    const answer = await ask('/v1/nodes', { method: 'POST', body, headers: JSON_TYPE });
    expect([answer.status, answer.body.error.code]).toEqual([400, 'MALFORMED']);
  });

  test('that nobody asked for is refused', async () => {
    const answer = await ask('/v1/queues/create/pause', { method: 'POST', json: { force: true } });
    expect([answer.status, answer.body.error.code]).toEqual([400, 'INVALID_INPUT']);
  });

  test('is as deep as its brackets, those in its texts left aside', () => {
    expect(depthOf('{"a":[[]],"b":{}}')).toBe(3);
    expect(depthOf('{"a":"[[[[\\"[["}')).toBe(1);
    expect(depthOf('7')).toBe(0);
  });
});

describe('a path', () => {
  test('that is not there is 404, and a method that it does not take 405 with those that it does', async () => {
    for (const path of ['/', '/v1', '/V1/nodes', '//v1/nodes', '/v1/../v1/nodes/x/y', '/v1/nodes/x/y']) {
      const { status, body } = await ask(path);
      expect([status, body.error.code], path).toEqual([404, 'NOT_FOUND']);
    }
    const { status, body, headers } = await ask('/v1/nodes/x', { method: 'PUT' });
    expect([status, body.error.code, headers.get('allow')]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'GET, HEAD, OPTIONS',
    ]);
  });

  test('says to OPTIONS what it takes, and to HEAD what it says to GET, without the body', async () => {
    const options = await ask('/v1/nodes', { method: 'OPTIONS', as: 'nobody' });
    expect([options.status, options.headers.get('allow'), options.text]).toEqual([
      204,
      'GET, HEAD, OPTIONS, POST',
      '',
    ]);
    const head = await ask('/v1/counts', { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect((await ask('/v1/counts', { method: 'HEAD', as: 'nobody' })).status).toBe(401);
  });

  test.each(['/v1/nodes/%', '/v1/nodes/%zz', '/%c0%af'])('that is no URL is 400: %s', async (path) => {
    expect([(await ask(path)).status, (await ask(path)).body.error.code]).toEqual([400, 'MALFORMED']);
  });

  test('with a part that is longer than any name is 404', async () => {
    expect((await ask(`/v1/nodes/${'x'.repeat(5_000)}`)).status).toBe(404);
  });
});

describe('what is not HTTP', () => {
  test('is told so in the same form, and the connection ends', async () => {
    for (const bytes of [
      'hello\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /\u0000 HTTP/1.1\r\nhost: x\r\n\r\n',
    ]) {
      const answer = await raw(bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
        error: { code: 'MALFORMED' },
      });
    }
  });

  test('with headers beyond measure is 431', async () => {
    const answer = await raw(`GET /livez HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('HEADERS_TOO_LARGE');
  });

  test('or comes too slowly is 408', async () => {
    expect(await raw('GET /livez HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1\.1 408 .*REQUEST_TIMEOUT/s);
  });
});

describe('an answer', () => {
  test('that takes too long is given up with 503', async () => {
    await withParts({ findings: () => new Promise(() => undefined) }, async (inject) => {
      const { status, body } = await inject('/v1/reconcile/findings');
      expect([status, body.error.code]).toEqual([503, 'OVERDUE_ANSWER']);
    });
  });

  test('to what nobody foresaw tells nothing but the id of the request, and the log has the rest', async () => {
    const secret = 'the inner secret';
    const error = vi.fn();
    const log = { ...yard.app.log, error, info: vi.fn(), debug: vi.fn() } as never;
    const findings = () => Promise.reject(new Error(secret));
    await withParts({ findings, log }, async (inject) => {
      const { status, body, text } = await inject('/v1/reconcile/findings');
      expect([status, body.error.code]).toEqual([500, 'UNFORESEEN']);
      expect(text).not.toMatch(/secret|at .*\.ts|stack/);
      expect(error).toHaveBeenCalledWith(
        expect.objectContaining({ requestId: body.error.requestId }),
        expect.anything(),
      );
    });
  });

  test('bears the id that the caller gave the request, if it is a word', async () => {
    const own = await ask('/v1/nope', { headers: { 'x-request-id': 'mine-7' } });
    expect([own.headers.get('x-request-id'), own.body.error.requestId]).toEqual(['mine-7', 'mine-7']);
    const odd = await ask('/v1/nope', { headers: { 'x-request-id': 'a b"' } });
    expect(odd.body.error.requestId).toMatch(/^[0-9a-f]{16}$/);
  });

  test('forbids a browser to run, frame, sniff or keep anything', async () => {
    const { headers } = await ask('/v1/counts');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('says so in every answer alike, in the first of a server and in refusals', async () => {
    const fresh = await YardApi.open();
    try {
      const ofAnswer = async (path: string, as: 'viewer' | 'nobody'): Promise<unknown> => {
        const { headers } = await fresh.ask(path, { as });
        return [...headers].filter(([name]) =>
          /^(x-(?!request-id)|cross-|content-security|strict-|referrer|origin-)/.test(name),
        );
      };
      const first = await Promise.all([ofAnswer('/v1/counts', 'viewer'), ofAnswer('/v1/stacks', 'viewer')]);
      expect(first[0]).toHaveLength(12);
      expect(first[1]).toEqual(first[0]);
      expect(await ofAnswer('/v1/counts', 'nobody')).toEqual(first[0]);
      expect(await ofAnswer('/nowhere', 'viewer')).toEqual(first[0]);
    } finally {
      await fresh.close();
    }
  });
});

describe('too many requests', () => {
  test('of one token are 429 with the time to wait, and others go on', async () => {
    const limited = await YardApi.open({ NODEYARD_API_RATE_LIMIT: '3' });
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 4; i += 1)
        statuses.push((await limited.ask('/v1/counts', { as: 'viewer' })).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
      const { headers, body } = await limited.ask<ErrorTold>('/v1/counts', { as: 'viewer' });
      expect(body.error.code).toBe('RATE_LIMITED');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await limited.ask('/v1/counts', { as: 'admin' })).status).toBe(200);
      const strays: number[] = [];
      for (let i = 0; i < 4; i += 1) strays.push((await limited.ask('/nowhere', { as: 'nobody' })).status);
      expect(strays).toEqual([404, 404, 404, 429]);
    } finally {
      await limited.close();
    }
  });

  test('with wrong tokens are 429 much sooner, and keep nobody out who has a good one', async () => {
    const guessed = await YardApi.open({ NODEYARD_API_TRUST_PROXY: '127.0.0.1' });
    try {
      const from = (address: string) => ({ 'x-forwarded-for': address });
      const guess = () =>
        guessed.ask<ErrorTold>('/v1/counts', {
          as: `nyt_abcdefghij_${'A'.repeat(43)}`,
          headers: from('192.0.2.1'),
        });
      const statuses = new Map<number, number>();
      for (let i = 0; i < 70; i += 1) {
        const { status } = await guess();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      expect(Object.fromEntries(statuses)).toEqual({ 401: 60, 429: 10 });
      expect((await guessed.ask('/v1/counts', { headers: from('192.0.2.1') })).status).toBe(200);
      const elsewhere = await guessed.ask('/v1/counts', {
        as: `nyt_abcdefghij_${'A'.repeat(43)}`,
        headers: from('192.0.2.2'),
      });
      expect(elsewhere.status).toBe(401);
    } finally {
      await guessed.close();
    }
  });
});
