/** One request and its answer, before servers that do what the test wants. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, type ApiOptions, connectApi, type NodeyardApi } from '../../src/remote/index.js';

type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const TOKEN = `nyt_abcdefghij_${'S'.repeat(43)}`;

/** A server and a client of it; `pauses` are those that the client made. */
async function serving(
  answering: Answering,
  options: Partial<ApiOptions> = {},
): Promise<{ api: NodeyardApi; asked: IncomingMessage[]; bodies: string[]; pauses: number[] }> {
  const asked: IncomingMessage[] = [];
  const bodies: string[] = [];
  const pauses: number[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      asked.push(request);
      bodies.push(body);
      answering(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const api = connectApi({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: TOKEN,
    pause: async (ms) => void pauses.push(ms),
    ...options,
  });
  return { api, asked, bodies, pauses };
}

const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
const refusal = (code: string) => ({
  error: { code, message: 'told by the API', field: 'inputs.port', mend: 'mend it', requestId: 'req-1' },
});
const away = (response: ServerResponse): void =>
  json(response, 503, refusal('REDIS_UNAVAILABLE'), { 'retry-after': '1' });
const errorOf = (call: Promise<unknown>): Promise<ApiError> =>
  call.then(
    () => {
      throw new Error('it was no error');
    },
    (error: unknown) => error as ApiError,
  );

describe('an error of the API', () => {
  test('is a NodeyardError with its code, field, words, request id and status', async () => {
    const { api } = await serving((_, response) => json(response, 409, refusal('WRONG_STATE')));
    const error = await errorOf(api.nodes.retry('n1'));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      name: 'NodeyardError',
      code: 'WRONG_STATE',
      class: 'permanent',
      answerCode: 'WRONG_STATE',
      message: 'told by the API',
      field: 'inputs.port',
      mend: 'mend it',
      requestId: 'req-1',
      status: 409,
    });
  });

  test.each([
    ['UNAUTHENTICATED', 401, 'API_REFUSED'],
    ['FORBIDDEN', 403, 'API_REFUSED'],
    ['NOT_FOUND', 404, 'API_REFUSED'],
    ['SAID_BY_A_NEWER_ONE', 418, 'API_REFUSED'],
    ['CLOSING', 503, 'API_UNAVAILABLE'],
    ['UNFORESEEN', 500, 'API_UNAVAILABLE'],
    ['RATE_LIMITED', 429, 'API_UNAVAILABLE'],
  ])(
    '%s, which only HTTP has, keeps its name beside a code of the closed set',
    async (code, status, closed) => {
      const { api } = await serving((_, response) => json(response, status, refusal(code)));
      expect(await errorOf(api.nodes.get('n1'))).toMatchObject({ code: closed, answerCode: code, status });
    },
  );

  test.each([
    [200, 'text/html', '<html>', 'API_REFUSED'],
    [404, 'text/html', '<html>', 'API_REFUSED'],
    [502, 'text/html', '<html>', 'API_UNAVAILABLE'],
    [404, 'application/json', '{"error":"none"}', 'API_REFUSED'],
    [404, 'application/json', 'null', 'API_REFUSED'],
  ])('an answer %i with %s %s is told as that of no nodeyard API', async (status, type, body, code) => {
    const { api } = await serving((_, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    const error = await errorOf(api.nodes.counts());
    expect(error).toMatchObject({ code });
    expect(error.message).toContain('nodeyard API');
  });

  test('is told in time where nobody answers, and at once where nobody is', async () => {
    const { api } = await serving(() => undefined);
    const late = await errorOf(api.nodes.get('n1', { timeoutMs: 50 }));
    expect(late).toMatchObject({ code: 'API_UNAVAILABLE', message: expect.stringContaining('within 50 ms') });
    const nobody = connectApi({ url: 'http://127.0.0.1:1', token: TOKEN });
    expect(await errorOf(nobody.nodes.counts())).toMatchObject({
      code: 'API_UNAVAILABLE',
      message: expect.stringContaining('cannot be reached'),
    });
  });

  test('is told where the answer begins and never ends', async () => {
    const { api } = await serving((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    });
    expect(await errorOf(api.nodes.get('n1', { timeoutMs: 100 }))).toMatchObject({ code: 'API_UNAVAILABLE' });
  });
});

describe('a signal', () => {
  test('ends a call with its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { api } = await serving(() => controller.abort(reason));
    await expect(api.nodes.get('n1', { signal: controller.signal })).rejects.toBe(reason);
    await expect(api.nodes.get('n1', { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('another try', () => {
  test('is made when the API says when, and only so often', async () => {
    let answers = 0;
    const { api, pauses } = await serving((_, response) => {
      answers += 1;
      if (answers < 3) away(response);
      else json(response, 200, { states: {} });
    });
    expect(await api.nodes.counts()).toEqual({ states: {} });
    expect(pauses).toEqual([1_000, 1_000]);
    const never = await serving((_, response) => away(response), { retries: 2 });
    expect(await errorOf(never.api.nodes.counts())).toMatchObject({ code: 'REDIS_UNAVAILABLE', status: 503 });
    expect(never.asked).toHaveLength(3);
  });

  test.each<[string, (api: NodeyardApi) => Promise<unknown>]>([
    ['retry', (api) => api.nodes.retry('n1')],
    ['command', (api) => api.commands.ask('n1', { name: 'Drain' })],
    ['add', (api) => api.webhooks.add({ url: 'https://hooks.example.com/' })],
    ['redeliver', (api) => api.webhooks.redeliver('wh1', 'all')],
  ])('is not made of what would be done twice by it: %s', async (_, call) => {
    const { api, asked } = await serving((__, response) => away(response));
    expect(await errorOf(call(api))).toMatchObject({ code: 'REDIS_UNAVAILABLE' });
    expect(asked).toHaveLength(1);
  });

  test('of whatever was refused for coming too often is made, unless that would last too long', async () => {
    let wait = '2';
    const limited = await serving((_, response) =>
      json(response, 429, refusal('RATE_LIMITED'), { 'retry-after': wait }),
    );
    await errorOf(limited.api.nodes.retry('n1'));
    expect(limited.pauses).toEqual([2_000, 2_000, 2_000]);
    wait = '60';
    await errorOf(limited.api.nodes.retry('n1'));
    expect(limited.pauses).toHaveLength(3);
  });

  test('of a request for nodes has the key of the first one, so that none is made twice', async () => {
    const { api, bodies } = await serving((_, response) => away(response), { retries: 1 });
    const node = { group: 'g', role: 'r', stack: 's' };
    await errorOf(api.nodes.request(node));
    await errorOf(api.nodes.requestMany([node, { ...node, id: 'mine' }, { ...node, requestId: 'own' }]));
    await errorOf(api.nodes.request(node, { idempotencyKey: 'given' }));
    const [one, again, many, manyAgain, given] = bodies.map((body) => JSON.parse(body));
    expect(one.requestId).toMatch(/^api-[0-9a-f-]{36}$/);
    expect(again).toEqual(one);
    expect(manyAgain).toEqual(many);
    expect(many.nodes).toEqual([
      { ...node, requestId: expect.stringMatching(/^api-.{36}-1$/) },
      { ...node, id: 'mine' },
      { ...node, requestId: 'own' },
    ]);
    expect(many.nodes[0].requestId.length).toBeLessThanOrEqual(63);
    expect(given.requestId).toBe('given');
  });
});

describe('the token', () => {
  test('is sent to whom it is for and stands in no error', async () => {
    const { api, asked } = await serving((request, response) => {
      if (request.url === '/v1/counts') json(response, 401, refusal('UNAUTHENTICATED'));
      else response.writeHead(307, { location: 'https://elsewhere.example.com/v1/nodes' }).end();
    });
    const errors = [await errorOf(api.nodes.counts()), await errorOf(api.nodes.get('n1'))];
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
    expect(errors[1]?.message).toContain('https://elsewhere.example.com');
    for (const error of errors) expect(everythingIn(error)).not.toContain(TOKEN);
  });

  test.each(['with blank', 'line\nend', 'ä', ''])(
    'that no header can hold is refused without a word of it',
    (end) => {
      const secret = `${TOKEN}${end}`;
      const wrong = end === '' ? '' : secret;
      try {
        connectApi({ url: 'https://api.example.com', token: wrong });
        throw new Error('it was taken');
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_INPUT', field: 'token' });
        expect(everythingIn(error as Error)).not.toContain(TOKEN);
      }
    },
  );

  test('goes to no other machine over http unless somebody said so', () => {
    const open = (url: string, more: Partial<ApiOptions> = {}) => connectApi({ url, token: TOKEN, ...more });
    for (const url of ['http://api.example.com', 'http://10.0.0.1:7422', 'http://127.0.0.1.example.com']) {
      expect(() => open(url)).toThrow(/url: must be https/);
      open(url, { allowPlainHttp: true });
    }
    for (const url of [
      'https://api.example.com',
      'http://127.0.0.1:1',
      'http://[::1]:1',
      'http://localhost:1',
    ]) {
      open(url);
    }
  });

  test.each(['nowhere', 'ftp://x', 'https://me:secret@x', 'https://x?y', 'https://x#y', ''])(
    'is given to no such URL: %s',
    (url) => {
      expect(() => connectApi({ url })).toThrow(
        expect.objectContaining({ code: 'INVALID_INPUT', field: 'url' }),
      );
    },
  );
});

/** With its causes and all fields. */
function everythingIn(error: Error): string {
  const cause = error.cause instanceof Error ? everythingIn(error.cause) : String(error.cause);
  return `${error.stack}${JSON.stringify(error)}${JSON.stringify(Object.getOwnPropertyNames(error).map((name) => Reflect.get(error, name)))}${cause}`;
}
