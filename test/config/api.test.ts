import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';

const load = (env: Record<string, string>) => loadConfig({ env, cwd: '/nonexistent' }).api;
const PREFIX = 'NODEYARD_API_';

describe('where the API listens', () => {
  it.each([
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:7422', '::1', 7422],
    ['localhost:1', '127.0.0.1', 1],
    ['yard.internal:65535', 'yard.internal', 65_535],
  ])('is read from %s', (text, host, port) => {
    expect(load({ [`${PREFIX}LISTEN`]: text })).toMatchObject({ listen: { host, port }, listenChosen: true });
  });

  it('is nowhere for `off`', () => {
    expect(load({ [`${PREFIX}LISTEN`]: 'off' }).listen).toBeUndefined();
  });

  it.each(['7422', 'host', 'host:', ':7422', 'host:65536', 'host:1 2', 'http://host:1', '::1:80'])(
    'is refused as %j',
    (text) => {
      expect(() => load({ [`${PREFIX}LISTEN`]: text })).toThrow('NODEYARD_API_LISTEN');
    },
  );
});

describe('switches', () => {
  it.each([
    ['on', true],
    ['TRUE', true],
    ['off', false],
    ['false', false],
  ])('%s is %s', (text, value) => expect(load({ [`${PREFIX}DOCS`]: text }).docs).toBe(value));

  it('are refused as anything else', () => {
    expect(() => load({ [`${PREFIX}DOCS`]: 'perhaps' })).toThrow('must be on or off');
  });
});

describe('proxies', () => {
  it('are addresses and networks', () => {
    const list = ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'];
    expect(load({ [`${PREFIX}TRUST_PROXY`]: list.join(',') }).trustProxy).toEqual(list);
  });

  it.each(['everybody', '10.0.0', '10.0.0.0/33', '::/129', '1.2.3.4/'])('are refused as %s', (text) => {
    expect(() => load({ [`${PREFIX}TRUST_PROXY`]: text })).toThrow('NODEYARD_API_TRUST_PROXY');
  });
});

describe('an issuer', () => {
  const oidc = (settings: Record<string, string>) =>
    load(
      Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${PREFIX}OIDC_${name}`, value])),
    ).oidc;
  const WHOLE = { ISSUER: 'https://id.example', AUDIENCE: 'nodeyard', ADMINS: 'platform, owners' };

  it('is taken with an audience and somebody who may enter', () => {
    expect(oidc(WHOLE)).toEqual({
      issuer: 'https://id.example',
      audience: 'nodeyard',
      claim: 'groups',
      scopes: { viewer: [], operator: [], admin: ['platform', 'owners'] },
    });
  });

  it.each([
    [{ ...WHOLE, AUDIENCE: '' }, 'audience must be set'],
    [{ ...WHOLE, ADMINS: '' }, 'nobody could enter'],
    [{ AUDIENCE: 'x' }, 'issuer must be set'],
    [{ ...WHOLE, ISSUER: 'http://id.example' }, 'https://'],
    [{ ...WHOLE, JWKS_URL: 'file:///etc/passwd' }, 'https://'],
  ])('is refused as %j', (settings, why) => expect(() => oidc(settings)).toThrow(why));

  it('may be on this machine without TLS', () => {
    expect(oidc({ ...WHOLE, ISSUER: 'http://127.0.0.1:9000' })?.issuer).toBe('http://127.0.0.1:9000');
  });
});

describe('the public address', () => {
  const load = (publicUrl: string) =>
    loadConfig({ env: { NODEYARD_API_PUBLIC_URL: publicUrl }, cwd: '/nonexistent' }).api.publicUrl;

  it.each([
    ['https://nodes.example', 'https://nodes.example'],
    ['https://nodes.example/yard//', 'https://nodes.example/yard'],
    ['http://127.0.0.1:7422/', 'http://127.0.0.1:7422'],
    ['http://[::1]:7422', 'http://[::1]:7422'],
  ])('%s is taken', (written, compiled) => {
    expect(load(written)).toBe(compiled);
  });

  it.each([
    'http://nodes.example',
    'https://user:word@nodes.example',
    'https://nodes.example/?a=b',
    'https://nodes.example/#a',
    `https://nodes.example/'`,
    'https://nodes.example/$(x)',
    'https://nodes.example/`x`',
    'https://[nodes',
    `https://nodes.example/${'x'.repeat(500)}`,
    'ftp://nodes.example',
  ])('%s is refused', (written) => {
    expect(() => load(written)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
