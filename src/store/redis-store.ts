/** The state store in Redis: every write is one Lua script, so that it happens whole or not at all. */
import type { Redis } from 'ioredis';
import { NodeyardError } from '../errors.js';
import { type Log, silentLog } from '../log.js';
import { CLOCK_OF_REDIS } from '../redis-scripts.js';
import { BlockingConnections, duplicateForBlocking } from './blocking-connections.js';
import { registerScripts } from './commands.js';
import type { DestroyRetry, Retention, StoreContext } from './context.js';
import { eventReads } from './event-reads.js';
import { fleetId } from './fleet-id.js';
import { checkCount } from './input.js';
import { leases } from './leases.js';
import { recordReads } from './record-reads.js';
import { recordWrites } from './record-writes.js';
import type { NodeStore } from './store.js';

export interface RedisStoreOptions {
  /** Stays the caller’s: `close()` leaves it open. */
  readonly redis: Redis;
  /** Makes a connection for one waiting tail; the store closes it. Default: a duplicate of `redis`. */
  readonly blocking?: () => Redis;
  readonly retention: Retention;
  /** Default: from a minute to an hour. */
  readonly destroyRetry?: DestroyRetry;
  /** What the id of the fleet has to be. Default: the one that Redis keeps, made where there is none. */
  readonly fleetId?: string;
  /** Milliseconds since 1970. Default: the clock of Redis, which all workers share. */
  readonly clock?: () => number;
  /** Hears of records that cannot be read. */
  readonly log?: Log;
}

const DESTROY_RETRY: DestroyRetry = { firstMs: 60_000, maxMs: 3_600_000 };

/** Throws CONFIG_INVALID for a client with a key prefix, INVALID_INPUT for a retention of nothing. */
export function createRedisStore(options: RedisStoreOptions): NodeStore {
  const { redis, retention, clock = CLOCK_OF_REDIS, log = silentLog } = options;
  const { destroyRetry = DESTROY_RETRY } = options;
  if (redis.options.keyPrefix)
    throw new NodeyardError(
      'CONFIG_INVALID',
      'keyPrefix: the store composes keys itself; give a client without one',
    );
  checkCount(retention.historyEntries, 'retention.historyEntries');
  checkCount(retention.eventEntries, 'retention.eventEntries');

  checkCount(destroyRetry.firstMs, 'destroyRetry.firstMs');
  checkCount(destroyRetry.maxMs, 'destroyRetry.maxMs');

  const scripts = registerScripts(redis);
  const context: StoreContext = {
    redis,
    scripts,
    retention,
    destroyRetry,
    pinnedFleet: options.fleetId,
    log,
    clock,
  };
  const blocking = new BlockingConnections(options.blocking ?? (() => duplicateForBlocking(redis)));
  return {
    ...recordReads(context),
    ...recordWrites(context),
    ...leases(context),
    ...fleetId(context),
    ...eventReads(context, blocking),
    close: async () => blocking.close(),
  };
}
