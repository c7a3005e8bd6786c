/** What the parts of the Redis store share. */
import type { Redis } from 'ioredis';
import type { Log } from '../log.js';
import type { StoreScripts } from './commands.js';

export interface Retention {
  /** Events kept for each node. */
  readonly historyEntries: number;
  /** Events kept in the stream of all nodes; Redis may keep a few more. */
  readonly eventEntries: number;
}

/** When a destruction that failed is due again: after `firstMs`, and twice as long each time up to `maxMs`. */
export interface DestroyRetry {
  readonly firstMs: number;
  readonly maxMs: number;
}

export interface StoreContext {
  readonly redis: Redis;
  readonly scripts: StoreScripts;
  readonly retention: Retention;
  readonly destroyRetry: DestroyRetry;
  /** The fleet that this Redis has to be of. */
  readonly pinnedFleet: string | undefined;
  readonly log: Log;
  /** Milliseconds since 1970; negative = the clock of Redis. */
  readonly clock: () => number;
}
