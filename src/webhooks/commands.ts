/** Registers the scripts with a client and gives each a typed function. ioredis sends a script’s text only once. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { NodeyardError } from '../errors.js';
import { askRedis } from '../redis-errors.js';
import { deadKey, progressKey, retriesKey, WEBHOOKS_KEY, webhookKey } from './keys.js';
import * as delivering from './scripts/delivering.js';
import * as managing from './scripts/managing.js';
import type { Ask, FencedAsk } from './scripts/prelude.js';

/** Milliseconds since 1970; negative = the clock of Redis. */
export type ScriptClock = () => number;

type Send<A extends Ask> = (id: string, ask: Omit<A, 'now'>) => Promise<unknown>;

const fenced = z.enum(['done', 'lost']);
const known = z.enum(['done', 'unknown']);
const renewed = z.union([
  z.tuple([]).transform(() => 'lost' as const),
  z
    .tuple([z.literal([0, 1]), z.number()])
    .transform(([enabled, revision]) => ({ enabled: enabled === 1, revision })),
]);

/** `id` of a function that concerns no single webhook is the empty text. */
export function registerScripts(redis: Redis, clock: ScriptClock) {
  const send = <A extends Ask>(name: string, lua: string): Send<A> => {
    redis.defineCommand(name, { lua, numberOfKeys: 5 });
    const command: unknown = Reflect.get(redis, name);
    if (typeof command !== 'function') throw new TypeError(`ioredis did not define ${name}`);
    return async (id, ask) => {
      const keys = [WEBHOOKS_KEY, webhookKey(id), progressKey(id), retriesKey(id), deadKey(id)];
      const text = JSON.stringify({ ...ask, now: clock() });
      return askRedis(keys[1] ?? '', async () => Reflect.apply(command, redis, [...keys, text]));
    };
  };
  const read =
    <S extends z.ZodType, A extends Ask>(reply: S, script: Send<A>) =>
    async (id: string, ask: Omit<A, 'now'>): Promise<z.output<S>> => {
      const answer = await script(id, ask);
      const parsed = reply.safeParse(answer);
      if (parsed.success) return parsed.data;
      throw new NodeyardError('RECORD_UNREADABLE', `a script of ${webhookKey(id)} answered nonsense`);
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
