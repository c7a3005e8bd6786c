/**
 * The Redis keys of webhooks.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `webhooks` | zset | ids, by the time of their making |
 * | `webhook:<id>` | hash | what was asked for, the secret, whether it is enabled, `revision` |
 * | `webhook-progress:<id>` | hash | the lease, how far it has come, counts |
 * | `webhook-retries:<id>` | hash | messages that are tried again, by key |
 * | `webhook-dead:<id>` | stream | messages that were given up, and gaps |
 */
import { KEY_PREFIX } from '../node/keys.js';

export const WEBHOOKS_KEY = `${KEY_PREFIX}webhooks`;
export const WEBHOOK_KEY_PREFIX = `${KEY_PREFIX}webhook:`;
export const PROGRESS_KEY_PREFIX = `${KEY_PREFIX}webhook-progress:`;

export const webhookKey = (id: string): string => `${WEBHOOK_KEY_PREFIX}${id}`;
export const progressKey = (id: string): string => `${PROGRESS_KEY_PREFIX}${id}`;
export const retriesKey = (id: string): string => `${KEY_PREFIX}webhook-retries:${id}`;
export const deadKey = (id: string): string => `${KEY_PREFIX}webhook-dead:${id}`;
