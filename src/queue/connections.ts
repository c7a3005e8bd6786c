/**
 * Redis connections, by the temper that their users need. A producer wants an answer at once, also when it is "no
 * Redis"; a worker’s writes wait until Redis is back, because what they say must not get lost. A server is hasty too, and
 * besides does not wait for a Redis that is connected and says nothing (`answerWithinMs`).
 */
import { Redis } from 'ioredis';
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';

export type Temper = 'hasty' | 'patient';

const OPTIONS = {
  hasty: { enableOfflineQueue: false, maxRetriesPerRequest: 1, connectTimeout: 5_000, lazyConnect: true },
  patient: { enableOfflineQueue: true, maxRetriesPerRequest: null, lazyConnect: true },
} as const;

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/** Where Redis is: a `redis://`/`rediss://` URL, or the path of a unix socket. */
export type RedisAddress = { readonly url: string } | { readonly socket: string };

export interface OpenOptions {
  /** A command without an answer for so long fails; what it asked for may be done all the same. For ever when absent. */
  readonly answerWithinMs?: number;
}

/** Makes clients and ends them together. */
export class Connections {
  readonly #address: RedisAddress;
  readonly #log: Log;
  readonly #clients = new Set<Redis>();

  constructor(address: RedisAddress, log: Log) {
    this.#address = address;
    this.#log = log;
  }

  /** A client of the given temper, not yet connected when patient; connected, or thrown, when hasty. */
  async open(temper: Temper, { answerWithinMs }: OpenOptions = {}): Promise<Redis> {
    const options = {
      ...OPTIONS[temper],
      ...(answerWithinMs === undefined ? {} : { commandTimeout: answerWithinMs }),
      replyMapping: 'legacy' as const,
      retryStrategy: (attempt: number) =>
        Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt, 10), LONGEST_RETRY_MS),
    };
    const client =
      'url' in this.#address
        ? new Redis(this.#address.url, options)
        : new Redis({ ...options, path: this.#address.socket });
    // Without a listener ioredis prints every failed attempt to the console; with one, we say it once per loss.
    let away = false;
    let lastError: Error | undefined;
    client.on('error', (error: Error) => {
      lastError = error;
      if (!away) this.#log.warn({ error: error.message }, 'Redis is away; trying again');
      away = true;
    });
    client.on('ready', () => {
      if (away) this.#log.info('Redis is back');
      away = false;
    });
    this.#clients.add(client);
    client.once('end', () => this.#clients.delete(client));
    if (temper === 'hasty') {
      try {
        await client.connect();
      } catch (error) {
        client.disconnect();
        // What connect() rejects with is "Connection is closed."; the reason came as an event.
        throw unreachable(this.#address, lastError ?? error);
      }
    }
    return client;
  }

  /** Ends every client at once. Commands that wait for a server that is away are never answered (ioredis 6). */
  close(): void {
    for (const client of this.#clients) client.disconnect();
    this.#clients.clear();
  }
}

const unreachable = (address: RedisAddress, cause: unknown): NodeyardError => {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new NodeyardError('REDIS_UNAVAILABLE', `${placeOf(address)} cannot be reached: ${why}`, { cause });
};

/** Where Redis is, in words without a password. Up to the last "@", because people forget to escape those. */
export const placeOf = (address: RedisAddress): string =>
  'socket' in address
    ? address.socket
    : address.url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^:/?#]*):.*@/i, '$1:…@');
