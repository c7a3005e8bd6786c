/** Tokens of an issuer: a real one on this machine, with keys that change and with lies. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secret } from '../support/leaks/record.js';
import { type ErrorTold, YardApi } from './yard-api.js';

const AUDIENCE = 'nodeyard';

let issuer: Server;
let place: string;
let yard: YardApi;
let key: GenerateKeyPairResult;
let stranger: GenerateKeyPairResult;
let asked: string[] = [];
let broken = false;

beforeAll(async () => {
  key = await generateKeyPair('RS256');
  stranger = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(key.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  issuer = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (broken) response.writeHead(500).end();
    else if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: place, jwks_uri: `${place}/keys` }));
    } else response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  place = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  yard = await open();
});
afterAll(async () => {
  await yard.close();
  issuer.close();
});

const open = (): Promise<YardApi> =>
  YardApi.open({
    NODEYARD_API_OIDC_ISSUER: place,
    NODEYARD_API_OIDC_AUDIENCE: AUDIENCE,
    NODEYARD_API_OIDC_CLAIM: 'realm.roles',
    NODEYARD_API_OIDC_VIEWERS: 'everybody',
    NODEYARD_API_OIDC_OPERATORS: 'ops,on-call',
    NODEYARD_API_OIDC_ADMINS: 'platform',
  });

interface Wish {
  readonly claims?: JWTPayload;
  readonly by?: GenerateKeyPairResult['privateKey'];
  readonly kid?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: string | number;
}

function signed({ claims = { realm: { roles: ['everybody'] } }, by, kid = 'one', ...wish }: Wish = {}) {
  return new SignJWT({ sub: 'alice', ...claims })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setIssuer(wish.issuer ?? place)
    .setAudience(wish.audience ?? AUDIENCE)
    .setExpirationTime(wish.expires ?? '5m')
    .sign(by ?? key.privateKey);
}

const ask = (token: string, path = '/v1/whoami', on = yard, method = 'GET') => {
  secret('a signature of a bearer of an issuer', token.split('.').at(-1) ?? '');
  return on.ask<ErrorTold & { name: string; scope: string }>(path, {
    as: 'nobody',
    method,
    headers: { authorization: `Bearer ${token}` },
  });
};

describe('a token of the issuer', () => {
  test.each([
    [['everybody'], 'viewer'],
    [['everybody', 'on-call'], 'operator'],
    [['platform', 'everybody'], 'admin'],
    ['x ops', 'operator'],
  ])('whose claim says %j makes the %s', async (roles, scope) => {
    const { status, body } = await ask(await signed({ claims: { realm: { roles } } }));
    expect([status, body.name, body.scope]).toEqual([200, 'oidc alice', scope]);
  });

  test('may do what its scope allows, and no more', async () => {
    expect((await ask(await signed(), '/v1/queues/create/pause', yard, 'POST')).status).toBe(403);
    expect((await ask(await signed(), '/v1/audit')).status).toBe(403);
  });

  test.each([
    [{}],
    [{ realm: { roles: ['nobody'] } }],
    [{ realm: { roles: [7, null] } }],
    [{ realm: 'platform' }],
    [{ 'realm.role': 'platform' }],
  ])('whose claims are %j may come in nowhere', async (claims) => {
    const { status, body } = await ask(await signed({ claims }));
    expect([status, body.error.code]).toEqual([403, 'FORBIDDEN']);
  });
});

describe('refused is a token', () => {
  const refused = async (token: string): Promise<string> => {
    const { status, body } = await ask(token);
    expect([status, body.error.code]).toEqual([401, 'UNAUTHENTICATED']);
    return body.error.message;
  };

  test('of another issuer, for another audience, or that has expired', async () => {
    expect(await refused(await signed({ issuer: 'https://other.example' }))).toContain('iss');
    expect(await refused(await signed({ audience: 'other' }))).toContain('aud');
    expect(await refused(await signed({ expires: 1 }))).toContain('expired');
  });

  test('without an end, or of nobody', async () => {
    const endless = await new SignJWT({ realm: { roles: 'platform' } })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(place)
      .setAudience(AUDIENCE)
      .setSubject('alice')
      .sign(key.privateKey);
    expect(await refused(endless)).toContain('exp');
    await refused(await signed({ claims: { sub: undefined as never, realm: { roles: 'platform' } } }));
  });

  test('that is signed by somebody else, by nobody, or with a shared secret', async () => {
    await refused(await signed({ by: stranger.privateKey }));
    await refused(await signed({ by: stranger.privateKey, kid: 'unknown' }));
    const [, payload] = (await signed()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    await refused(`${none}.${payload}.x`);
    const shared = await new SignJWT({ sub: 'alice', realm: { roles: 'platform' } })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .setIssuer(place)
      .setAudience(AUDIENCE)
      .setExpirationTime('5m')
      .sign(Buffer.from('a secret of thirty-two characters'));
    await refused(shared);
  });

  test.each(['x', 'a.b', 'a.b.c', `${'a'.repeat(100)}.b.c`, 'nyt_x'])('that is none: %s', async (text) => {
    await refused(text);
  });
});

test('the keys are fetched once for many tokens', async () => {
  const fresh = await open();
  try {
    asked = [];
    await Promise.all(Array.from({ length: 20 }, async () => ask(await signed(), '/v1/counts', fresh)));
    expect(asked.sort()).toEqual(['/.well-known/openid-configuration', '/keys']);
  } finally {
    await fresh.close();
  }
});

test('an issuer that is away makes 503 of its own tokens only, and is asked again', async () => {
  const fresh = await open();
  try {
    broken = true;
    const away = await ask(await signed(), '/v1/counts', fresh);
    expect([away.status, away.body.error.code]).toEqual([503, 'ISSUER_UNAVAILABLE']);
    expect((await fresh.ask('/v1/counts')).status).toBe(200);
    broken = false;
    await expect
      .poll(async () => (await ask(await signed(), '/v1/counts', fresh)).status, { timeout: 10_000 })
      .toBe(200);
  } finally {
    broken = false;
    await fresh.close();
  }
});
