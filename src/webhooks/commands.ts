/** The scripts of webhooks as typed functions. Each gets the same five keys, of one webhook. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { type Send as SendTo, scriptsOn, yesOrNo } from '../redis-scripts.js';
import { deadKey, progressKey, retriesKey, WEBHOOKS_KEY, webhookKey } from './keys.js';
import * as delivering from './scripts/delivering.js';
import * as managing from './scripts/managing.js';
import type { Ask, FencedAsk } from './scripts/prelude.js';

/** Milliseconds since 1970; negative = the clock of Redis. */
export type ScriptClock = () => number;

const fenced = z.enum(['done', 'lost']);
const known = z.enum(['done', 'unknown']);
const renewed = z.union([
  z.tuple([]).transform(() => 'lost' as const),
  z.tuple([yesOrNo, z.number()]).transform(([enabled, revision]) => ({ enabled, revision })),
]);

/** `id` of a function that concerns no single webhook is the empty text. */
export function registerScripts(redis: Redis, clock: ScriptClock) {
  const { send, read: readAt } = scriptsOn(redis);
  const keysOf = (id: string) => [WEBHOOKS_KEY, webhookKey(id), progressKey(id), retriesKey(id), deadKey(id)];
  const read = <S extends z.ZodType, A extends Ask>(reply: S, script: SendTo<A>) => {
    const ask = readAt(reply, script);
    return (id: string, about: Omit<A, 'now'>): Promise<z.output<S>> =>
      ask(keysOf(id), { ...about, now: clock() } as A);
  };

  return {
    add: read(z.enum(['added', 'full']), send<managing.AddAsk>('nodeyardAddWebhook', managing.ADD)),
    setEnabled: read(known, send<managing.SetEnabledAsk>('nodeyardEnableWebhook', managing.SET_ENABLED)),
    remove: read(known, send<managing.RemoveAsk>('nodeyardRemoveWebhook', managing.REMOVE)),
    redeliver: read(z.number(), send<managing.RedeliverAsk>('nodeyardRedeliver', managing.REDELIVER)),
    reseal: read(
      z.enum(['done', 'changed']),
      send<managing.ResealAsk>('nodeyardResealWebhook', managing.RESEAL),
    ),
    free: read(z.array(z.string()), send<Ask>('nodeyardFreeWebhooks', delivering.FREE)),
    claim: read(z.number(), send<delivering.ClaimAsk>('nodeyardClaimWebhook', delivering.CLAIM)),
    renew: read(renewed, send<delivering.RenewAsk>('nodeyardRenewWebhook', delivering.RENEW)),
    release: read(fenced, send<FencedAsk>('nodeyardReleaseWebhook', delivering.RELEASE)),
    settle: read(fenced, send<delivering.SettleAsk>('nodeyardSettleWebhook', delivering.SETTLE)),
    postpone: read(fenced, send<delivering.PostponeAsk>('nodeyardPostponeWebhook', delivering.POSTPONE)),
    skipGap: read(fenced, send<delivering.SkipGapAsk>('nodeyardSkipWebhookGap', delivering.SKIP_GAP)),
    disable: read(fenced, send<delivering.DisableAsk>('nodeyardDisableWebhook', delivering.DISABLE)),
  };
}
