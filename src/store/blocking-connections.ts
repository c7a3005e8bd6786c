/**
 * Connections for reads that wait. Redis serves one waiting read per connection, so each tail has one of its own while
 * it waits, and the caller’s connection is never held up.
 */
import type { Redis } from 'ioredis';
import { NodeyardError } from '../errors.js';

export class BlockingConnections {
  readonly #make: () => Redis;
  readonly #idle: Redis[] = [];
  readonly #busy = new Set<Redis>();
  #closed = false;

  constructor(make: () => Redis) {
    this.#make = make;
  }

  /**
   * Undefined when the connections are closed meanwhile: who waited for something new has waited in vain. Once closed
   * it throws, or a tail that asks again and again would spin.
   */
  async use<T>(read: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    if (this.#closed) throw new NodeyardError('REDIS_UNAVAILABLE', 'the store was closed');
    const connection = this.#idle.pop() ?? this.#make();
    this.#busy.add(connection);
    try {
      const answer = await read(connection);
      this.#idle.push(connection);
      return answer;
    } catch (error) {
      connection.disconnect();
      if (this.#closed) return undefined;
      throw error;
    } finally {
      this.#busy.delete(connection);
    }
  }

  close(): void {
    this.#closed = true;
    for (const connection of [...this.#busy, ...this.#idle.splice(0)]) connection.disconnect();
  }
}

/** A second connection to the same Redis that may wait as long as its reads do. */
export function duplicateForBlocking(redis: Redis): Redis {
  const connection = redis.duplicate({
    enableOfflineQueue: true,
    commandTimeout: undefined,
    socketTimeout: undefined,
  });
  // The read that waits reports the loss; without a listener ioredis prints it to the console as well.
  connection.on('error', () => undefined);
  return connection;
}
