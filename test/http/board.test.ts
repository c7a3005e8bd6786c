/** The queue board: who sees it, by header or by cookie, what it shows, and what it changes. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startApi } from '../../src/api.js';
import type { AuditEntry } from '../../src/auth/audit-trail.js';
import { KEPT_MS } from '../../src/http/auth/token-check.js';
import { Yard } from '../support/yard.js';
import { type Ask, type ErrorTold, YardApi } from './yard-api.js';

const HTML = { accept: 'text/html,application/xhtml+xml' };
const LOCAL_STACK = { group: 'g', role: 'r', stack: 'scripted', inputs: {} };

interface Shown {
  readonly queues: readonly {
    readonly name: string;
    readonly readOnlyMode: boolean;
    readonly isPaused: boolean;
    readonly counts: Readonly<Record<string, number>>;
    readonly jobs: readonly { readonly id: string; readonly data: unknown }[];
  }[];
}

let yard: YardApi;
const ask = <T = ErrorTold>(path: string, options: Ask = {}) => yard.ask<T>(path, options);

/** As a browser does: the form, the cookie, and where the request comes from. */
async function signIn(token: string, headers: Record<string, string> = sameOrigin()) {
  const response = await fetch(`${yard.api.url}/queues/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { ...HTML, ...headers },
    body: new URLSearchParams({ token }),
  });
  const cookie = response.headers.get('set-cookie') ?? '';
  return { status: response.status, cookie, text: await response.text(), headers: response.headers };
}
const sameOrigin = (): Record<string, string> => ({ origin: yard.api.url, 'sec-fetch-site': 'same-origin' });
const pair = (cookie: string): Record<string, string> => ({ cookie: cookie.split(';', 1)[0] ?? '' });
const put = (path: string, options: Ask = {}) => ask(path, { method: 'PUT', ...options });

const STATE_KEY = randomBytes(32).toString('hex');

describe('the board', () => {
  beforeAll(async () => {
    yard = await YardApi.open({
      NODEYARD_STATE_KEY: STATE_KEY,
      NODEYARD_API_REDIS_TIMEOUT: '1m',
    });
  });
  afterAll(() => yard.close());

  const PATHS = [
    '/queues',
    '/queues/',
    '/queues/queue/nodeyard-create',
    '/queues/static/images/logo.svg',
    '/queues/api/queues',
    '/queues/api/redis/stats',
    '/queues/api/queues/nodeyard-create/workers',
  ];

  test.each(PATHS)('%s is for admins and for nobody else', async (path) => {
    const statuses = [];
    for (const as of ['nobody', 'viewer', 'operator', 'admin'] as const) {
      statuses.push((await ask(path, { as })).status);
    }
    expect(statuses).toEqual([401, 403, 403, 200]);
  });

  test('has a page whose every file is there', async () => {
    const { text, headers } = await ask('/queues');
    expect(headers.get('content-type')).toContain('text/html');
    const files = [...text.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThan(4);
    expect(text).toContain('<base href="/queues/"');
    for (const file of files) expect((await ask(`/queues/${file}`)).status, file).toBe(200);
    const script = await ask(`/queues/${files.find((file) => /main.*js$/.test(file ?? ''))}`);
    expect(script.headers.get('content-type')).toContain('javascript');
  });

  test('lets its page load what is ours, and nothing of anybody else', async () => {
    const policy = (await ask('/queues')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const elsewhere = (await ask('/v1/counts')).headers.get('content-security-policy') ?? '';
    expect(elsewhere).not.toContain('self');
  });

  test('shows the real queues with their jobs, and the reconciler’s', async () => {
    const { node } = await yard.app.client.requestNode(LOCAL_STACK);
    const { body } = await ask<Shown>('/queues/api/queues?activeQueue=nodeyard-create&status=waiting');
    expect(body.queues.map(({ name, readOnlyMode }) => [name, readOnlyMode])).toEqual([
      ['nodeyard-create', true],
      ['nodeyard-destroy', true],
      ['nodeyard-reconcile', true],
      ['nodeyard-scale', true],
    ]);
    const [create] = body.queues;
    expect(create?.counts['waiting']).toBe(1);
    expect(create?.jobs.map(({ data }) => data)).toEqual([{ v: 1, nodeId: node.id }]);
  });

  test('takes secrets out of what a job brought', async () => {
    const secret = STATE_KEY;
    await yard.app.queues.queue('destroy').add('destroy', { v: 1, nodeId: secret, url: 'redis://u:pa55@h/' });
    const { text } = await ask('/queues/api/queues?activeQueue=nodeyard-destroy&status=waiting');
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(secret);
    expect(text).not.toContain('pa55');
  });

  test('changes nothing unless it is told to', async () => {
    for (const path of [
      'pause',
      'nodeyard-create/pause',
      'nodeyard-create/empty',
      'nodeyard-create/x/clean',
    ]) {
      const { status } = await put(`/queues/api/queues/${path}`);
      expect([404, 405], path).toContain(status);
    }
    const standing = await yard.app.queues.standing('create');
    expect([standing.paused, standing.waiting]).toEqual([false, 1]);
  });

  test('answers a query that cannot be decoded with 400', async () => {
    const { status, body } = await ask('/queues/api/queues?activeQueue=%25');
    expect([status, body.error.code]).toEqual([400, 'MALFORMED']);
  });

  test('does not stand in the OpenAPI document', async () => {
    const { body } = await ask<{ paths: object }>('/openapi.json');
    expect(Object.keys(body.paths).filter((path) => path.startsWith('/queues'))).toEqual([]);
  });

  describe('in a browser', () => {
    test('asks who has no session for a token, with the same status', async () => {
      const { status, text, headers } = await ask('/queues', { as: 'nobody', headers: HTML });
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="nodeyard"']);
      expect(text).toContain('<form method="post" action="/queues/sign-in">');
      expect(headers.get('content-security-policy')).toContain("form-action 'self'");
      const api = await ask('/queues/api/queues', { as: 'nobody' });
      expect(api.body.error.code).toBe('UNAUTHENTICATED');
    });

    test('opens to an admin’s token in the form, by a cookie that scripts and other sites do not get', async () => {
      const { status, cookie, headers, text } = await signIn(yard.tokens.admin);
      expect([status, headers.get('location')], text).toEqual([303, '/queues']);
      expect(cookie).toMatch(
        /^nodeyard_board=[\w-]{43}; Path=\/queues; Max-Age=3600; HttpOnly; SameSite=Strict$/,
      );
      for (const path of PATHS) {
        expect((await ask(path, { as: 'nobody', headers: pair(cookie) })).status, path).toBe(200);
      }
      const keys = await yard.app.redis.keys('*session:*');
      const kept = await Promise.all(keys.map((key) => yard.app.redis.pttl(key)));
      expect(keys.join()).not.toContain(pair(cookie)['cookie']?.split('=')[1]);
      expect(kept.every((ms) => ms > 0 && ms <= 3_600_000)).toBe(true);
    });

    test('opens nothing but itself', async () => {
      const { cookie } = await signIn(yard.tokens.admin);
      for (const path of ['/v1/nodes', '/v1/audit', '/v1/whoami']) {
        expect((await ask(path, { as: 'nobody', headers: pair(cookie) })).status, path).toBe(401);
      }
    });

    test.each([
      ['a viewer’s', () => yard.tokens.viewer, 403],
      ['an operator’s', () => yard.tokens.operator, 403],
      ['a wrong one', () => `nyt_abcdefghij_${'A'.repeat(43)}`, 401],
      ['something else', () => 'not-a-token', 401],
    ])('does not open to another token: %s', async (_what, token, expected) => {
      const { status, cookie, text } = await signIn(token());
      expect([status, cookie]).toEqual([expected, '']);
      expect(text).toContain('<form');
      expect(text).not.toContain(token());
    });

    test('does not open without a token, to one in the URL, or to a form that another site sent', async () => {
      expect((await signIn('')).status).toBe(400);
      const inUrl = await ask(`/queues/sign-in?token=${yard.tokens.admin}`, { method: 'POST', as: 'nobody' });
      expect(inUrl.status).toBe(400);
      for (const headers of [
        {},
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: yard.api.url, 'sec-fetch-site': 'cross-site' },
        { origin: yard.api.url, 'sec-fetch-site': 'same-site' },
      ]) {
        const { status, cookie } = await signIn(yard.tokens.admin, headers);
        expect([status, cookie], JSON.stringify(headers)).toEqual([403, '']);
      }
    });

    test('is shut again by signing out', async () => {
      const { cookie } = await signIn(yard.tokens.admin);
      const out = await fetch(`${yard.api.url}/queues/sign-out`, {
        method: 'POST',
        redirect: 'manual',
        headers: { ...pair(cookie), ...sameOrigin() },
      });
      expect([out.status, out.headers.get('set-cookie')]).toEqual([
        303,
        expect.stringContaining('Max-Age=0'),
      ]);
      expect((await ask('/queues', { as: 'nobody', headers: pair(cookie) })).status).toBe(401);
    });

    test('is shut a moment after the token was revoked', async () => {
      const { token, record } = await yard.app.tokens.create({ name: 'guest', scope: 'admin' });
      const { cookie } = await signIn(token);
      const look = async () =>
        (await ask('/queues/api/queues', { as: 'nobody', headers: pair(cookie) })).status;
      expect(await look()).toBe(200);
      await yard.app.tokens.revoke(record.id);
      await expect.poll(look, { timeout: KEPT_MS + 10_000 }).toBe(401);
    });

    test('does not open to a cookie that nobody gave out', async () => {
      for (const cookie of [`nodeyard_board=${'A'.repeat(43)}`, 'nodeyard_board=', 'nodeyard_board=%00']) {
        expect((await ask('/queues', { as: 'nobody', headers: { cookie } })).status, cookie).toBe(401);
      }
    });

    test('who comes in stands in the audit trail, without a secret', async () => {
      const { cookie } = await signIn(yard.tokens.admin);
      const { body, text } = await ask<{ entries: readonly AuditEntry[] }>('/v1/audit');
      expect(body.entries[0]).toMatchObject({
        action: 'board.sign-in',
        who: 'token test-admin',
        result: 'done',
      });
      expect(text).not.toContain(pair(cookie)['cookie']?.split('=')[1]);
    });
  });
});

describe('a board that may write', () => {
  beforeEach(async () => {
    yard = await YardApi.open({ NODEYARD_API_BOARD: 'write', NODEYARD_API_REDIS_TIMEOUT: '1m' });
  });
  afterEach(() => yard.close());

  test('pauses and resumes as the API does, and the audit trail knows', async () => {
    expect((await put('/queues/api/queues/nodeyard-create/pause')).status).toBe(200);
    expect((await yard.app.queues.standing('create')).paused).toBe(true);
    await put('/queues/api/queues/nodeyard-create/resume');
    expect((await yard.app.queues.standing('create')).paused).toBe(false);
    const { body } = await ask<{ entries: readonly AuditEntry[] }>('/v1/audit');
    expect(body.entries.map(({ action, target, who }) => `${who}: ${action} ${target}`)).toEqual([
      'token test-admin: board.resume nodeyard-create',
      'token test-admin: board.pause nodeyard-create',
    ]);
  });

  test('takes changes with a cookie from its own pages only', async () => {
    const { cookie } = await signIn(yard.tokens.admin);
    const pause = (headers: Record<string, string>) =>
      put('/queues/api/queues/nodeyard-create/pause', {
        as: 'nobody',
        headers: { ...pair(cookie), ...headers },
      });
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'http://127.0.0.1:1' },
      { 'sec-fetch-site': 'none' },
      { origin: yard.api.url, 'sec-fetch-site': 'same-site' },
    ]) {
      expect((await pause(headers)).status, JSON.stringify(headers)).toBe(403);
    }
    expect((await yard.app.queues.standing('create')).paused).toBe(false);
    expect((await pause({ origin: yard.api.url })).status).toBe(200);
    expect((await yard.app.queues.standing('create')).paused).toBe(true);
  });

  test('removes a job, and the node waits for the reconciler to give it a new one', async () => {
    const { node } = await yard.app.client.requestNode(LOCAL_STACK);
    const [job] = await yard.app.queues.queue('create').getWaiting();
    expect((await put(`/queues/api/queues/nodeyard-create/${job?.id}/clean`)).status).toBe(204);
    expect((await yard.app.queues.standing('create')).waiting).toBe(0);
    const stranded = async () => (await yard.app.store.stranded(10, { olderThanMs: 0 })).map(({ id }) => id);
    expect(await stranded()).toEqual([node.id]);
  });

  test('adds no job, changes none, sets no limit and ends no queue', async () => {
    const { node } = await yard.app.client.requestNode(LOCAL_STACK);
    const [job] = await yard.app.queues.queue('create').getWaiting();
    const queue = '/queues/api/queues/nodeyard-create';
    const refused = [
      ['POST', `${queue}/add`, { name: 'create', data: {} }],
      ['PATCH', `${queue}/${job?.id}/update-data`, { jobData: {} }],
      ['PUT', `${queue}/concurrency`, { concurrency: 1 }],
      ['PUT', `${queue}/rate-limit`, { max: 1, duration: 1 }],
      ['PUT', `${queue}/empty`, undefined],
      ['PUT', `${queue}/obliterate`, {}],
    ] as const;
    for (const [method, path, json] of refused) {
      const { status } = await ask(path, { method, ...(json === undefined ? {} : { json }) });
      expect([404, 405], path).toContain(status);
    }
    const [left] = await yard.app.queues.queue('create').getWaiting();
    expect(left?.data).toEqual({ v: 1, nodeId: node.id });
  });

  test('never touches the reconciler’s schedule', async () => {
    for (const change of ['pause', 'promote', 'clean/delayed', 'retry/failed']) {
      expect((await put(`/queues/api/queues/nodeyard-reconcile/${change}`)).status, change).toBe(405);
    }
  });
});

test('a board that is off is not there', async () => {
  yard = await YardApi.open({ NODEYARD_API_BOARD: 'off' });
  try {
    for (const path of [
      '/queues',
      '/queues/sign-in',
      '/queues/api/queues',
      '/queues/static/images/logo.svg',
    ]) {
      expect((await ask(path)).status, path).toBe(404);
    }
  } finally {
    await yard.close();
  }
});

test('while no token was ever made somebody on this machine needs none, and pages of others get nothing done', async () => {
  const open = await Yard.open({ NODEYARD_API_LISTEN: '127.0.0.1:0', NODEYARD_API_BOARD: 'write' });
  const api = await startApi(open.app);
  try {
    const pause = (headers: Record<string, string>) =>
      fetch(`${api.url}/queues/api/queues/nodeyard-create/pause`, { method: 'PUT', headers });
    expect((await fetch(`${api.url}/queues`)).status).toBe(200);
    expect((await pause({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await pause({ origin: api.url })).status).toBe(200);
  } finally {
    await api.close();
    await open.close();
  }
});
