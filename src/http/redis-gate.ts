/**
 * Whether Redis can be asked. A connection that is gone is known at once; a Redis that is connected and says nothing (it
 * was stopped, its machine hangs) only by its silence. So it is asked again and again, and as long as it is away every
 * request is told so at once instead of waiting for its own silence.
 */
import { NodeyardError } from '../errors.js';

/** What the gate looks at: an ioredis client. */
export interface WatchedRedis {
  readonly status: string;
  ping(): Promise<unknown>;
}

export interface RedisGate {
  /** Undefined while Redis answers; else what is wrong, in words. */
  readonly trouble: string | undefined;
  /** Throws REDIS_UNAVAILABLE while it does not. */
  pass(): void;
  /** Somebody has waited in vain: until the next answer it counts as away. */
  doubt(): void;
  stop(): void;
}

const EVERY_MS = 250;

/** Begins to ask at once. The client must fail a command that is not answered in time. */
export function watchRedis(redis: WatchedRedis): RedisGate {
  let silent = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<void> => {
    try {
      if (redis.status === 'ready') await redis.ping();
      silent = false;
    } catch {
      silent = true;
    }
    if (!stopped) timer = setTimeout(() => void ask(), EVERY_MS).unref();
  };
  void ask();
  const trouble = (): string | undefined => {
    if (redis.status !== 'ready') return 'Redis is away';
    return silent ? 'Redis does not answer' : undefined;
  };
  return {
    get trouble() {
      return trouble();
    },
    pass() {
      const words = trouble();
      if (words !== undefined) throw new NodeyardError('REDIS_UNAVAILABLE', `${words}; nothing was done`);
    },
    doubt() {
      silent = true;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
