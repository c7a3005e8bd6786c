/** Reads of webhooks: what is stored of one, and what is shown of it. */
import type { Redis } from 'ioredis';
import { parseInput } from '../node/problems.js';
import { askRedis } from '../redis-errors.js';
import { decode } from '../redis-fields.js';
import type { ScriptClock } from './commands.js';
import { deadKey, progressKey, retriesKey, webhookKey } from './keys.js';
import { type StoredWebhook, storedProgressSchema, storedWebhookSchema } from './stored.js';
import { type Webhook, webhookIdSchema } from './webhook.js';

export interface WebhookReads {
  /** With its secret as it lies there. Throws INVALID_INPUT, RECORD_UNREADABLE; undefined when there is none. */
  stored(id: string): Promise<StoredWebhook | undefined>;
  /** As it is shown. */
  find(id: string): Promise<Webhook | undefined>;
}

export function webhookReads(redis: Redis, clock: ScriptClock): WebhookReads {
  const now = async (): Promise<number> => {
    if (clock() >= 0) return clock();
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  };

  const stored = async (id: string): Promise<StoredWebhook | undefined> => {
    const key = webhookKey(parseInput(webhookIdSchema, id, 'id'));
    const fields = await askRedis(key, () => redis.hgetall(key));
    return Object.keys(fields).length === 0 ? undefined : decode(storedWebhookSchema, fields, key);
  };

  const find = async (id: string): Promise<Webhook | undefined> => {
    const record = await stored(id);
    const place = progressKey(id);
    const [fields, retrying, deadLetters, at] = await askRedis(place, () =>
      Promise.all([redis.hgetall(place), redis.hlen(retriesKey(id)), redis.xlen(deadKey(id)), now()]),
    );
    // Removed before, or between the two looks.
    if (record === undefined || Object.keys(fields).length === 0) return undefined;
    const { secret: _secret, revision: _revision, ...shown } = record;
    const progress = decode(storedProgressSchema, fields, place);
    const { cursor, delivered, failed, dead, gaps, oldestAt, holder, leaseEnd } = progress;
    const { lastDeliveredAt, lastFailure } = progress;
    return {
      id,
      ...shown,
      delivery: {
        position: cursor,
        delivered,
        failedAttempts: failed,
        dead,
        deadLetters,
        gaps,
        retrying,
        ...(oldestAt === undefined ? {} : { oldestUndeliveredAt: oldestAt }),
        ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt }),
        ...(lastFailure === undefined ? {} : { lastFailure }),
        ...(holder !== '' && leaseEnd > at ? { deliveredBy: holder } : {}),
      },
    };
  };

  return { stored, find };
}
