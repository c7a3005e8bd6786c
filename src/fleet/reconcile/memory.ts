/**
 * The times of which this Redis knows what happened: those in which somebody looked at the fleet. A backup that was restored, and a
 * Redis that was lost, lack what came after it; a machine that was made then has no record, and is no less wanted for that.
 */
import type { Redis } from 'ioredis';
import { KEY_PREFIX } from '../../node/keys.js';
import { askRedis } from '../../redis-errors.js';

export interface Memory {
  /** Says that somebody looks now. */
  note(): Promise<void>;
  /** Answers whether what was made at a time (ms since 1970) was made when somebody looked. */
  read(): Promise<(time: number) => boolean>;
}

export interface MemoryParts {
  readonly redis: Redis;
  /** Looks that are further apart (ms) leave a gap. */
  readonly gapMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A zset of the begins of spans by their ends. */
export const LOOKS_KEY = `${KEY_PREFIX}looks`;

/** How far the clocks of a cloud and of the workers may be apart. */
const SKEW_MS = 60_000;

export function createMemory({ redis, gapMs, now }: MemoryParts): Memory {
  const spans = async (first: number): Promise<{ from: number; to: number }[]> => {
    const words = await askRedis(LOOKS_KEY, () => redis.zrange(LOOKS_KEY, first, '-1', 'WITHSCORES'));
    return words.flatMap((from, place) =>
      place % 2 === 0 ? [{ from: Number(from), to: Number(words[place + 1]) }] : [],
    );
  };
  const goesOn = ({ to }: { readonly to: number }): boolean => now() - to <= gapMs;

  return {
    async note() {
      const [last] = await spans(-1);
      const from = last !== undefined && goesOn(last) ? last.from : now();
      await askRedis(LOOKS_KEY, () => redis.zadd(LOOKS_KEY, 'GT', now(), String(from)));
    },

    async read() {
      const known = await spans(0);
      const last = known.at(-1);
      return (time) =>
        known.some((span) => {
          const ends = span === last && goesOn(span) ? Number.POSITIVE_INFINITY : span.to - SKEW_MS;
          return time >= span.from && time <= ends;
        });
    },
  };
}
