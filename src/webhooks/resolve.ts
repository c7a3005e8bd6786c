/**
 * The addresses of a name, by DNS alone: the system’s own look-up would hold a thread of the pool that reads and writes
 * files while a receiver’s name server takes its time. `/etc/hosts` and search domains are not asked.
 */
import { Resolver } from 'node:dns/promises';
import type { Address } from './addresses.js';

/** Rejects when the name has no address, or the signal says so. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly Address[]>;

export interface ResolverOptions {
  /** Name servers (`192.0.2.1:53`) instead of the system’s. */
  readonly servers?: readonly string[];
}

const TRY_MS = 2_000;
const TRIES = 2;

/** RFC 6761: these names mean this machine, whatever a name server says. */
const LOOPBACK: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

export function createResolver({ servers }: ResolverOptions = {}): Resolve {
  return async (host, signal) => {
    if (/(^|\.)localhost$/.test(host)) return LOOPBACK;
    const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      const found = [...addresses(four, 4), ...addresses(six, 6)];
      if (found.length === 0) throw four.status === 'rejected' ? four.reason : new Error('ENODATA');
      return found;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

const addresses = (answer: PromiseSettledResult<readonly string[]>, family: 4 | 6): Address[] =>
  answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
