/** The deliveries’ port on Redis: every write is one script, so that it happens whole and under the lease or not at all. */
import type { Redis } from 'ioredis';
import { askRedis } from '../redis-errors.js';
import { decode } from '../redis-fields.js';
import { CLOCK_OF_REDIS } from '../redis-scripts.js';
import { registerScripts, type ScriptClock } from './commands.js';
import type { Claimed, Deliveries, DeliveryLease, Mark, Retry, Settled } from './deliveries.js';
import { progressKey, retriesKey, webhookKey } from './keys.js';
import type { StoredMark } from './scripts/prelude.js';
import { SecretBox } from './secret-box.js';
import { storedProgressSchema, storedRetrySchema, storedWebhookSchema } from './stored.js';
import type { AttemptFailure } from './webhook.js';

export interface RedisDeliveriesOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** Open the secrets; the first one is what they lie under from the next claim on. */
  readonly keys?: readonly Uint8Array[];
  /** Dead letters kept for each webhook. */
  readonly letters: number;
  /** Milliseconds since 1970. Default: the clock of Redis, which all processes share. */
  readonly clock?: ScriptClock;
}

export function createRedisDeliveries({
  redis,
  keys = [],
  letters,
  clock = CLOCK_OF_REDIS,
}: RedisDeliveriesOptions): Deliveries {
  const scripts = registerScripts(redis, clock);
  const box = new SecretBox(keys);
  const hash = (key: string): Promise<Record<string, string>> => askRedis(key, () => redis.hgetall(key));

  const secretOf = async (id: string, stored: string): Promise<string> => {
    const secret = box.open(stored, id);
    if (box.isOutdated(stored)) await scripts.reseal(id, { from: stored, to: box.seal(secret, id) });
    return secret;
  };

  const retriesOf = async (id: string): Promise<readonly Retry[]> => {
    const key = retriesKey(id);
    return Object.values(await hash(key)).map((text) => decode(storedRetrySchema, text, key));
  };

  return {
    free: () => scripts.free('', {}),

    async claim(webhookId, { holder, ttlMs }): Promise<Claimed | undefined> {
      const epoch = await scripts.claim(webhookId, { holder, ttlMs });
      if (epoch === 0) return undefined;
      const key = webhookKey(webhookId);
      const { url, filter, secret, revision } = decode(storedWebhookSchema, await hash(key), key);
      const place = progressKey(webhookId);
      const { cursor, beyond, gapUntil } = decode(storedProgressSchema, await hash(place), place);
      return {
        lease: { webhookId, epoch, holder },
        revision,
        url,
        filter,
        secret: await secretOf(webhookId, secret),
        mark: { cursor, beyond },
        ...(gapUntil === undefined ? {} : { gapUntil }),
        retries: await retriesOf(webhookId),
      };
    },

    renew: (lease, ttlMs, mark) => scripts.renew(...fenced(lease, { ttlMs, mark: storedMark(mark) })),

    async release(lease) {
      await scripts.release(...fenced(lease, {}));
    },

    settle: (lease, settled, mark) =>
      scripts.settle(
        ...fenced(lease, { letters, mark: storedMark(mark), settled: settled.map(storedSettlement) }),
      ),

    postpone: (lease, retries, mark, failure) =>
      scripts.postpone(
        ...fenced(lease, {
          mark: storedMark(mark),
          retries: retries.map((retry) => ({ key: retry.key, retry: JSON.stringify(retry) })),
          ...(failure === undefined ? {} : { failure: JSON.stringify(failure) }),
        }),
      ),

    skipGap: (lease, { after, until, message }) => {
      const { key } = message;
      const retry: Retry = { key, message, attempts: 0, notBefore: 0 };
      const letter = JSON.stringify({ after, until });
      return scripts.skipGap(...fenced(lease, { letters, until, letter, key, retry: JSON.stringify(retry) }));
    },

    disable: (lease, reason, failure) =>
      scripts.disable(...fenced(lease, { reason, failure: JSON.stringify(failure) })),

    retries: retriesOf,
  };
}

const fenced = <Rest extends object>(
  { webhookId, epoch, holder }: DeliveryLease,
  rest: Rest,
): [id: string, ask: Rest & { epoch: number; holder: string }] => [webhookId, { ...rest, epoch, holder }];

const storedMark = ({ cursor, beyond, oldestAt }: Mark): StoredMark => ({
  cursor,
  beyond: JSON.stringify(beyond),
  ...(oldestAt === undefined ? {} : { oldestAt }),
});

function storedSettlement({ key, dead }: Settled): { key: string; letter?: string; failure?: string } {
  if (dead === undefined) return { key };
  const letter: { retry: Retry; failure: AttemptFailure } = dead;
  return { key, letter: JSON.stringify(letter), failure: JSON.stringify(dead.failure) };
}
