/**
 * Which addresses a webhook may be sent to. What is not globally reachable by the registries of IANA is refused, because
 * the networks behind it trust whoever is inside: cloud metadata, databases, this very Redis.
 */
import { BlockList, isIP } from 'node:net';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** From the registries of special-purpose addresses (RFC 6890 and its updates), of multicast and of deprecated forms. */
const SPECIAL: readonly (readonly [range: string, name: string])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier-grade NAT'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'for protocols'],
  ['192.0.2.0/24', 'for documentation'],
  ['192.88.99.0/24', '6to4'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'for benchmarks'],
  ['198.51.100.0/24', 'for documentation'],
  ['203.0.113.0/24', 'for documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::ffff:0:0/96', 'IPv4-mapped'],
  ['64:ff9b::/96', 'NAT64'],
  ['64:ff9b:1::/48', 'NAT64'],
  ['100::/64', 'discarded'],
  ['2001::/23', 'for protocols'],
  ['2001:db8::/32', 'for documentation'],
  ['2002::/16', '6to4'],
  ['3fff::/20', 'for documentation'],
  ['fc00::/7', 'unique local'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
  // All that is left besides 2000::/3, which is the only part that is given out.
  ['::/3', 'not global'],
  ['4000::/2', 'not global'],
  ['8000::/1', 'not global'],
];

interface Range {
  readonly network: string;
  readonly prefix: number;
  readonly family: 4 | 6;
}

/** A range, an address or the name of a host; undefined when it is none of these. */
export function parseAllowed(word: string): Range | { readonly host: string } | undefined {
  const [network = '', bits, ...rest] = word.split('/');
  const family = isIP(network);
  if (family === 4 || family === 6) {
    const longest = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    return rest.length === 0 && prefix <= longest ? { network, prefix, family } : undefined;
  }
  const host = word.toLowerCase().replace(/\.$/, '');
  // A last label of digits would be an address that is written wrongly.
  return /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*(?!\d+$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(
    host,
  )
    ? { host }
    : undefined;
}

/** The two families apart: a list of Node takes an IPv4 address for an IPv4-mapped one, and would let it in as such. */
class Ranges {
  readonly #lists = { 4: new BlockList(), 6: new BlockList() };

  add({ network, prefix, family }: Range): void {
    this.#lists[family].addSubnet(network, prefix, `ipv${family}`);
  }

  has({ address, family }: Address): boolean {
    return this.#lists[family].check(address, `ipv${family}`);
  }
}

const SPECIAL_RANGES = SPECIAL.map(([word, name]) => {
  const ranges = new Ranges();
  const range = parseAllowed(word);
  if (range === undefined || 'host' in range) throw new TypeError(`${word} is no range`);
  ranges.add(range);
  return { name, ranges };
});

export class AddressRules {
  readonly #hosts = new Set<string>();
  readonly #allowed = new Ranges();

  /** `allowed`: ranges (`10.0.0.0/8`), addresses, and names of hosts whose every address is allowed. */
  constructor(allowed: readonly string[]) {
    for (const word of allowed) {
      const parsed = parseAllowed(word);
      if (parsed === undefined) throw new TypeError(`${word} is neither a range nor a host`);
      if ('host' in parsed) this.#hosts.add(parsed.host);
      else this.#allowed.add(parsed);
    }
  }

  /** Why a request to `host` must not go to this address (`169.254.169.254 is link-local`); undefined when it may. */
  refusal(address: Address, host: string): string | undefined {
    if (this.#hosts.has(host) || this.#allowed.has(address)) return undefined;
    const special = SPECIAL_RANGES.find(({ ranges }) => ranges.has(address));
    return special && `${address.address} is ${special.name}`;
  }
}

/** The host as an address, where it is one. */
export function literalAddress(host: string): Address | undefined {
  const family = isIP(host);
  return family === 4 || family === 6 ? { address: host, family } : undefined;
}
