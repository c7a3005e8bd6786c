import { isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Address, AddressRules, literalAddress, parseAllowed } from '../../src/webhooks/addresses.js';

const at = (address: string): Address => {
  const literal = literalAddress(address);
  if (literal === undefined) throw new TypeError(address);
  return literal;
};
const refusal = (address: string, allowed: readonly string[] = [], host = 'receiver.test') =>
  new AddressRules(allowed).refusal(at(address), host);

/** First and last address of every range that must never be called. */
const REFUSED: readonly (readonly [range: string, first: string, last: string])[] = [
  ['this network', '0.0.0.0', '0.255.255.255'],
  ['private A', '10.0.0.0', '10.255.255.255'],
  ['carrier-grade NAT', '100.64.0.0', '100.127.255.255'],
  ['loopback', '127.0.0.0', '127.255.255.255'],
  ['link-local', '169.254.0.0', '169.254.255.255'],
  ['cloud metadata', '169.254.169.254', '169.254.170.2'],
  ['private B', '172.16.0.0', '172.31.255.255'],
  ['protocol assignments', '192.0.0.0', '192.0.0.255'],
  ['documentation 1', '192.0.2.0', '192.0.2.255'],
  ['6to4 relays', '192.88.99.0', '192.88.99.255'],
  ['private C', '192.168.0.0', '192.168.255.255'],
  ['benchmarks', '198.18.0.0', '198.19.255.255'],
  ['documentation 2', '198.51.100.0', '198.51.100.255'],
  ['documentation 3', '203.0.113.0', '203.0.113.255'],
  ['multicast', '224.0.0.0', '239.255.255.255'],
  ['reserved', '240.0.0.0', '255.255.255.254'],
  ['broadcast', '255.255.255.255', '255.255.255.255'],
  ['unspecified v6', '::', '::'],
  ['loopback v6', '::1', '::1'],
  ['IPv4-compatible', '::2', '::7f00:1'],
  ['IPv4-mapped', '::ffff:0:0', '::ffff:ffff:ffff'],
  ['IPv4-mapped loopback', '::ffff:127.0.0.1', '::ffff:127.255.255.255'],
  ['IPv4-translated', '::ffff:0:0:0', '::ffff:0:127.0.0.1'],
  ['NAT64', '64:ff9b::', '64:ff9b::ffff:ffff'],
  ['NAT64 of metadata', '64:ff9b::169.254.169.254', '64:ff9b::a9fe:a9fe'],
  ['local NAT64', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['discard', '100::', '100::ffff:ffff:ffff:ffff'],
  ['not given out, low', '200::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['Teredo', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['protocol assignments v6', '2001:1::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation v6', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['6to4', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['6to4 of loopback', '2002:7f00:1::', '2002:7fff:ffff::'],
  ['documentation v6, new', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['not given out, high', '4000::', 'fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['unique local', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['cloud metadata v6', 'fd00:ec2::254', 'fd00:ec2::254'],
  ['link-local v6', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['site-local', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['multicast v6', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

/** The nearest neighbours of those ranges, which belong to somebody. */
const PUBLIC = [
  ...[
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
  ],
  ...['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '191.255.255.255', '192.0.1.0'],
  ...['192.0.3.0', '192.88.98.255', '192.88.100.0', '192.167.255.255', '192.169.0.0', '198.17.255.255'],
  ...['198.20.0.0', '198.51.99.255', '198.51.101.0', '203.0.112.255', '203.0.114.0', '223.255.255.255'],
  ...[
    '2000::',
    '2001:200::',
    '2001:db7:ffff::',
    '2001:db9::',
    '2003::',
    '2606:4700::1111',
    '3ffe::',
    '3fff:1000::',
  ],
];

describe('an address', () => {
  it.each(REFUSED)('of %s is refused, from the first to the last', (_, first, last) => {
    for (const address of [first, last]) expect(refusal(address)).toMatch(`${address} is `);
  });

  it.each(PUBLIC)('of somebody is not: %s', (address) => {
    expect(refusal(address)).toBeUndefined();
  });

  it('that is refused is named with the reason', () => {
    expect(refusal('169.254.169.254')).toBe('169.254.169.254 is link-local');
    expect(refusal('100.64.0.1')).toBe('100.64.0.1 is carrier-grade NAT');
  });
});

describe('the allowed ones', () => {
  it('are allowed by range, and nothing beside it', () => {
    expect(refusal('10.1.2.3', ['10.1.0.0/16'])).toBeUndefined();
    expect(refusal('10.2.0.0', ['10.1.0.0/16'])).toBeDefined();
    expect(refusal('fd00::5', ['fd00::/8'])).toBeUndefined();
    expect(refusal('fc00::5', ['fd00::/8'])).toBeDefined();
  });

  it('are allowed one by one', () => {
    expect(refusal('127.0.0.1', ['127.0.0.1'])).toBeUndefined();
    expect(refusal('127.0.0.2', ['127.0.0.1'])).toBeDefined();
    expect(refusal('::1', ['::1'])).toBeUndefined();
  });

  it('are allowed by the name that is asked for, whatever its address', () => {
    const allowed = ['Hooks.Internal.'];
    expect(refusal('10.1.2.3', allowed, 'hooks.internal')).toBeUndefined();
    expect(refusal('10.1.2.3', allowed, 'other.internal')).toBeDefined();
    expect(refusal('10.1.2.3', allowed, 'evil.hooks.internal')).toBeDefined();
  });

  it('never let an address in by the other family’s form', () => {
    for (const allowed of ['127.0.0.0/8', '0.0.0.0/0']) {
      expect(refusal('::ffff:127.0.0.1', [allowed])).toBe('::ffff:127.0.0.1 is IPv4-mapped');
    }
    for (const allowed of ['::/0', '::ffff:0:0/96']) {
      expect(refusal('127.0.0.1', [allowed])).toBe('127.0.0.1 is loopback');
    }
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/129',
    '10.0.0',
    '1.2.3.4.5',
    'a b',
    'http://x',
    '-x',
    'x..y',
    '*',
    '',
  ])('are not %j', (word) => {
    expect(parseAllowed(word)).toBeUndefined();
    expect(() => new AddressRules([word])).toThrow(TypeError);
  });
});

it('a host that is an address is known as one', () => {
  expect(literalAddress('::1')).toEqual({ address: '::1', family: 6 });
  expect(literalAddress('127.0.0.1')).toEqual({ address: '127.0.0.1', family: 4 });
  expect(literalAddress('localhost')).toBeUndefined();
  expect(REFUSED.filter(([, first]) => isIPv6(first)).length).toBeGreaterThan(10);
});
