/** Outcomes on Redis. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { askRedis } from '../redis-errors.js';
import { decode, wholeNumber } from '../redis-fields.js';
import { groupOutcomesKey } from './keys.js';
import type { Outcome, Outcomes } from './outcomes.js';

const KEPT = 100;

const member = z
  .string()
  .regex(/^(well|wrong) \S+$/)
  .transform((text) => text.split(' ') as [Outcome['went'], string]);

/** `redis` is given and closed by the caller. */
export function createRedisOutcomes({ redis }: { readonly redis: Redis }): Outcomes {
  return {
    async newest(group, role) {
      const key = groupOutcomesKey(group, role);
      const words = await askRedis(key, () => redis.zrange(key, 0, '-1', 'REV', 'WITHSCORES'));
      return words.flatMap((word, place) => {
        if (place % 2 !== 0) return [];
        const [went, nodeId] = decode(member, word, key);
        return [{ nodeId, went, at: decode(wholeNumber, words[place + 1], key) }];
      });
    },

    async note(group, role, outcomes) {
      if (outcomes.length === 0) return;
      const key = groupOutcomesKey(group, role);
      const batch = redis.multi();
      for (const { nodeId, went, at } of outcomes) {
        batch.zadd(key, 'NX', at, `${went} ${nodeId}`);
        if (went === 'well') batch.zrem(key, `wrong ${nodeId}`);
      }
      batch.zremrangebyrank(key, 0, -KEPT - 1);
      await askRedis(key, () => batch.exec());
    },

    async forget(group, role) {
      const key = groupOutcomesKey(group, role);
      await askRedis(key, () => redis.del(key));
    },
  };
}
