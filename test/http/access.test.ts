/** Who may come in: every route by every kind of token, and what a wrong one is told. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RANKED_SCOPES, type RankedScope } from '../../src/auth/scopes.js';
import { KEPT_MS } from '../../src/http/auth/token-check.js';
import { type ErrorTold, YardApi } from './yard-api.js';

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open({ NODEYARD_API_TRUST_PROXY: '127.0.0.1', NODEYARD_API_BOARD: 'write' });
});
afterAll(() => yard.close());

const ask = (path: string, options = {}) => yard.ask<ErrorTold>(path, options);

describe('every route', () => {
  test('says who may call it', () => {
    const routes = yard.api.server.knownRoutes;
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter(({ scope }) => scope === undefined)).toEqual([]);
  });

  test('that is open to everybody is about the server, not about nodes', () => {
    const open = yard.api.server.knownRoutes.filter(({ scope }) => scope === 'public').map(({ url }) => url);
    const own = [...new Set(open)].filter((url) => !url.startsWith('/docs'));
    expect(own.sort()).toEqual(['/livez', '/openapi.json', '/queues/sign-in', '/readyz']);
  });

  test('refuses nobody’s, wrong and too low tokens before it looks at anything else', async () => {
    const wrong = `nyt_abcdefghij_${'A'.repeat(43)}` as const;
    const closed = yard.api.server.knownRoutes.filter(({ scope }) => scope !== 'public');
    expect(closed.length).toBeGreaterThan(8);
    for (const [number, { method, url, scope }] of closed.entries()) {
      const path = url.replace(/:\w+/g, 'x');
      // Wrong tokens are counted for each address.
      const headers = { 'x-forwarded-for': `192.0.2.${number % 250}` };
      for (const as of ['nobody', wrong] as const) {
        const { status, headers: told } = await ask(path, { method, as, headers });
        expect([status, told.get('www-authenticate')], `${method} ${url} ${as}`).toEqual([
          401,
          'Bearer realm="nodeyard"',
        ]);
      }
      for (const held of RANKED_SCOPES) {
        const { status } = await ask(path, { method, as: held });
        const suffices =
          scope !== 'node' && RANKED_SCOPES.indexOf(held) >= RANKED_SCOPES.indexOf(scope as RankedScope);
        expect(status === 403, `${method} ${url} as ${held}: ${status}`).toBe(!suffices);
      }
    }
  });
});

describe('a token', () => {
  const make = async (ttlMs?: number) => {
    const wish = { name: 'short', scope: 'viewer', ...(ttlMs === undefined ? {} : { ttlMs }) } as const;
    const { token, record } = await yard.app.tokens.create(wish);
    return { token: token as `nyt_${string}`, id: record.id };
  };

  test('opens nothing once it has expired', async () => {
    const { token } = await make(1);
    await expect
      .poll(async () => (await ask('/v1/counts', { as: token })).body.error.message)
      .toBe('the token has expired');
  });

  test('opens nothing a moment after it was revoked', async () => {
    const { token, id } = await make();
    expect((await ask('/v1/counts', { as: token })).status).toBe(200);
    await yard.app.tokens.revoke(id);
    await expect
      .poll(async () => (await ask('/v1/counts', { as: token })).status, { timeout: KEPT_MS + 10_000 })
      .toBe(401);
    expect((await ask('/v1/counts', { as: token })).body.error.message).toBe('the token was revoked');
  });

  test('with another secret is not known', async () => {
    const { id } = await make();
    const { status, body } = await ask('/v1/counts', { as: `nyt_${id}_${'A'.repeat(43)}` });
    expect([status, body.error.message]).toEqual([401, 'the token is not known']);
  });

  test('in the URL is refused, also beside a good one in the header, and said to be burnt', async () => {
    for (const query of [
      `token=${yard.tokens.admin}`,
      'access_token=x',
      `q=${yard.tokens.viewer}`,
      'Api_Key=1',
    ]) {
      const { status, body } = await ask(`/v1/counts?${query}`);
      expect([status, body.error.code]).toEqual([400, 'MALFORMED']);
      expect(body.error.message).toContain('Authorization: Bearer');
      expect(body.error.message).not.toContain('nyt_');
    }
  });

  test('in any other form than `Bearer <token>` is refused', async () => {
    const { viewer } = yard.tokens;
    for (const authorization of [
      viewer,
      `Basic ${viewer}`,
      `Bearer  `,
      `Bearer ${viewer} x`,
      `Bearer ${'x'.repeat(9_000)}`,
    ]) {
      const { status, body } = await ask('/v1/counts', { as: 'nobody', headers: { authorization } });
      expect([status, body.error.code], authorization.slice(0, 20)).toEqual([401, 'UNAUTHENTICATED']);
    }
    const lower = await ask('/v1/counts', { as: 'nobody', headers: { authorization: `bearer ${viewer}` } });
    expect(lower.status).toBe(200);
  });

  test('of a node opens no route but those of its node', async () => {
    const { token } = await yard.app.tokens.create({ name: 'agent', scope: 'node', nodeId: 'n1' });
    for (const path of ['/v1/nodes', '/v1/nodes/n1', '/v1/counts']) {
      expect((await ask(path, { as: token as `nyt_${string}` })).status).toBe(403);
    }
  });

  test('has its use noted', async () => {
    const { token, id } = await make();
    await ask('/v1/counts', { as: token });
    await expect.poll(async () => (await yard.app.tokens.find(id))?.lastUsedAt).toBeGreaterThan(0);
  });
});

test('an answer never says who is behind it', async () => {
  const { headers } = await ask('/v1/counts');
  expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
});
