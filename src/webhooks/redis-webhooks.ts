/** The management of webhooks on Redis. */
import { randomInt } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { NodeyardError } from '../errors.js';
import { parseInput } from '../node/problems.js';
import { askRedis } from '../redis-errors.js';
import { CLOCK_OF_REDIS } from '../redis-scripts.js';
import { type AddressRules, literalAddress } from './addresses.js';
import { registerScripts, type ScriptClock } from './commands.js';
import { deadKey, WEBHOOKS_KEY } from './keys.js';
import { givenBack, letterOf, readLetter } from './letters.js';
import { testMessage } from './message.js';
import type { Post } from './post.js';
import { SecretBox } from './secret-box.js';
import { send } from './send.js';
import { newSecret } from './signature.js';
import { hostOf, parseUrl, type UrlRules } from './url.js';
import { verdictOf } from './verdict.js';
import {
  letterIdSchema,
  MAX_WEBHOOKS,
  type Webhook,
  webhookIdSchema,
  webhookRequestSchema,
} from './webhook.js';
import { webhookReads } from './webhook-reads.js';
import type { Webhooks } from './webhooks.js';

export interface RedisWebhooksOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** The first one encrypts the secrets, all of them decrypt; without any they lie as they are. */
  readonly keys?: readonly Uint8Array[];
  readonly rules: UrlRules & { readonly addresses: AddressRules };
  /** Of the newest event: where a new webhook begins. */
  readonly latestPosition: () => Promise<string>;
  readonly post: Post;
  /** Milliseconds since 1970. Default: the clock of Redis, which all processes share. */
  readonly clock?: ScriptClock;
}

const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const PAGE = 100;

const letterIdsSchema = z.array(letterIdSchema).max(1_000);
const limitSchema = z.int().min(1).max(1_000);
const createdBySchema = z.string().min(1).max(200);
const reasonSchema = z.string().min(1).max(1_000);

const newWebhookId = (): string =>
  `wh${Array.from({ length: 12 }, () => ID_ALPHABET.charAt(randomInt(ID_ALPHABET.length))).join('')}`;

export function createRedisWebhooks(options: RedisWebhooksOptions): Webhooks {
  const { redis, keys = [], rules, latestPosition, post, clock = CLOCK_OF_REDIS } = options;
  const scripts = registerScripts(redis, clock);
  const box = new SecretBox(keys);

  const { stored, find } = webhookReads(redis, clock);

  const get = async (id: string): Promise<Webhook> => (await find(id)) ?? refuseUnknown(id);

  const setEnabled = async (id: string, enabled: boolean, reason?: string): Promise<Webhook> => {
    parseInput(webhookIdSchema, id, 'id');
    const ask = {
      enabled: enabled ? ('1' as const) : ('0' as const),
      ...(reason === undefined ? {} : { reason }),
    };
    if ((await scripts.setEnabled(id, ask)) === 'unknown') refuseUnknown(id);
    return get(id);
  };

  /** Oldest first, those after `after`. */
  const lettersAfter = (id: string, after: string) => {
    const key = deadKey(id);
    return askRedis(key, () => redis.xrange(key, after === '' ? '-' : `(${after}`, '+', 'COUNT', PAGE));
  };

  return {
    get,

    async add(request, { createdBy }) {
      const { url: text, filter, description } = parseInput(webhookRequestSchema, request);
      const url = parseUrl(text, rules);
      const literal = literalAddress(hostOf(url));
      const refusal = literal && rules.addresses.refusal(literal, hostOf(url));
      if (refusal !== undefined) {
        const message = `url: ${refusal}; the setting webhooks.allowPrivate can allow it`;
        throw new NodeyardError('INVALID_INPUT', message, { field: 'url' });
      }
      const id = newWebhookId();
      const secret = newSecret();
      const fields = {
        url: url.href,
        filter: JSON.stringify(filter),
        secret: box.seal(secret, id),
        createdBy: parseInput(createdBySchema, createdBy, 'createdBy'),
        ...(description === undefined ? {} : { description }),
      };
      const flat = Object.entries(fields).flat();
      const cursor = await latestPosition();
      if ((await scripts.add(id, { id, most: MAX_WEBHOOKS, fields: flat, cursor })) === 'full') {
        const message = `there are ${MAX_WEBHOOKS} webhooks, which is as many as there can be; remove one first`;
        throw new NodeyardError('INVALID_INPUT', message);
      }
      return { webhook: await get(id), secret };
    },

    async list() {
      const ids = await askRedis(WEBHOOKS_KEY, () => redis.zrange(WEBHOOKS_KEY, 0, '-1'));
      const found = await Promise.all(ids.map(find));
      return found.flatMap((webhook) => (webhook === undefined ? [] : [webhook]));
    },

    async remove(id) {
      parseInput(webhookIdSchema, id, 'id');
      if ((await scripts.remove(id, { id })) === 'unknown') refuseUnknown(id);
    },

    enable: (id) => setEnabled(id, true),
    disable: (id, reason) => setEnabled(id, false, parseInput(reasonSchema, reason, 'reason')),

    async deadLetters(id, { cursor, limit = PAGE } = {}) {
      const count = parseInput(limitSchema, limit, 'limit');
      const before = cursor === undefined ? '+' : `(${parseInput(letterIdSchema, cursor, 'cursor')}`;
      if ((await stored(id)) === undefined) refuseUnknown(id);
      const key = deadKey(id);
      const found = await askRedis(key, () => redis.xrevrange(key, before, '-', 'COUNT', count + 1));
      const last = found[count - 1];
      const letters = found.slice(0, count).map((entry) => letterOf(id, entry[0], readLetter(key, entry)));
      return { letters, ...(found.length > count && last !== undefined ? { cursor: last[0] } : {}) };
    },

    async redeliver(id, letters) {
      if ((await stored(id)) === undefined) refuseUnknown(id);
      const key = deadKey(id);
      const give = async (entries: Awaited<ReturnType<typeof lettersAfter>>): Promise<number> =>
        scripts.redeliver(id, {
          letters: entries.flatMap((entry) => givenBack(entry[0], readLetter(key, entry))),
        });
      if (letters !== 'all') {
        const ids = parseInput(letterIdsSchema, letters, 'letters');
        const found = await Promise.all(
          ids.map((each) => askRedis(key, () => redis.xrange(key, each, each))),
        );
        return give(found.flat());
      }
      let given = 0;
      let after = '';
      for (;;) {
        const entries = await lettersAfter(id, after);
        const last = entries.at(-1);
        if (last === undefined) return given;
        given += await give(entries);
        after = last[0];
      }
    },

    async test(id) {
      const record = (await stored(id)) ?? refuseUnknown(id);
      const { url } = record;
      const secret = box.open(record.secret, id);
      const at = Date.now();
      const startedAt = performance.now();
      const { signal } = new AbortController();
      const answer = await send(post, { webhookId: id, url, secret }, testMessage(id, at), { at, signal });
      const delivered = verdictOf(answer, Date.now()).kind === 'delivered';
      return { delivered, answer, ms: Math.round(performance.now() - startedAt) };
    },
  };
}

function refuseUnknown(id: string): never {
  throw new NodeyardError('UNKNOWN_WEBHOOK', `there is no webhook ${JSON.stringify(id)}`, { field: 'id' });
}
