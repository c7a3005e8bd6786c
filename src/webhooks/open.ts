/** Puts the parts of webhooks together, from settings: for those who manage them and for the process that delivers. */
import type { Redis } from 'ioredis';
import type { Log } from '../log.js';
import { AddressRules } from './addresses.js';
import { realClock } from './clock.js';
import { type Delivering, deliverWebhooks } from './deliver.js';
import type { EventSource } from './intake.js';
import { silentMeter, type WebhookMeter } from './meter.js';
import { createPost, type Post } from './post.js';
import { createRedisDeliveries } from './redis-deliveries.js';
import { createRedisWebhooks } from './redis-webhooks.js';
import { createResolver } from './resolve.js';
import type { DeliverySettings } from './session.js';
import type { Webhooks } from './webhooks.js';

export interface WebhookSettings extends DeliverySettings {
  readonly allowHttp: boolean;
  /** Ranges, addresses, hosts. */
  readonly allowPrivate: readonly string[];
  /** From the look-up of the receiver’s name to the head of its answer. */
  readonly timeoutMs: number;
  /** Dead letters kept of each webhook. */
  readonly deadLetters: number;
}

interface Place {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** Encrypt the secrets: the first one encrypts, all of them decrypt. */
  readonly keys: readonly Uint8Array[];
  readonly settings: WebhookSettings;
}

/** The status decides; what follows it is a courtesy. */
const BODY_MS = 1_000;

export function openWebhooks({
  redis,
  keys,
  settings,
  latestPosition,
}: Place & { readonly latestPosition: () => Promise<string> }): Webhooks {
  const { rules, post } = senderOf(settings);
  return createRedisWebhooks({ redis, keys, rules, latestPosition, post });
}

export interface DeliveryParts extends Place {
  readonly source: EventSource;
  readonly meter?: WebhookMeter;
  readonly log: Log;
}

export function startDelivering({
  redis,
  keys,
  settings,
  source,
  meter = silentMeter,
  log,
}: DeliveryParts): Delivering {
  const deliveries = createRedisDeliveries({ redis, keys, letters: settings.deadLetters });
  const { post } = senderOf(settings);
  return deliverWebhooks({
    deliveries,
    source,
    post,
    settings,
    clock: realClock,
    random: Math.random,
    meter,
    log,
  });
}

function senderOf({ allowHttp, allowPrivate, timeoutMs }: WebhookSettings): {
  readonly rules: { readonly allowHttp: boolean; readonly addresses: AddressRules };
  readonly post: Post;
} {
  const rules = { allowHttp, addresses: new AddressRules(allowPrivate) };
  const connectMs = Math.ceil(timeoutMs / 3);
  const limits = { connectMs, headMs: timeoutMs - connectMs, bodyMs: BODY_MS };
  return { rules, post: createPost({ rules, resolve: createResolver(), limits }) };
}
