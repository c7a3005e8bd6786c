/** The scripts behind the delivery: the lease of each webhook, and the writes that it fences. */
import { PROGRESS_KEY_PREFIX, WEBHOOK_KEY_PREFIX } from '../keys.js';
import { type Ask, FENCE, type FencedAsk, PRELUDE, type StoredMark } from './prelude.js';

/** Replies the ids of the enabled webhooks whose lease is not alive. */
export const FREE = `${PRELUDE}
local free = {}
for _, id in ipairs(redis.call('ZRANGE', webhooks, 0, -1)) do
  if redis.call('HGET', '${WEBHOOK_KEY_PREFIX}' .. id, 'enabled') == '1' then
    local lease = redis.call('HMGET', '${PROGRESS_KEY_PREFIX}' .. id, 'holder', 'leaseEnd')
    if not lease[1] or lease[1] == '' or tonumber(lease[2]) <= now then free[#free + 1] = id end
  end
end
return free`;

export interface ClaimAsk extends Ask {
  readonly holder: string;
  readonly ttlMs: number;
}

/** Replies the new epoch, or 0 when the webhook cannot be had. */
export const CLAIM = `${PRELUDE}
if not enabled() then return 0 end
local lease = redis.call('HMGET', progress, 'holder', 'leaseEnd')
if lease[1] and lease[1] ~= '' and lease[1] ~= ask.holder and tonumber(lease[2]) > now then return 0 end
redis.call('HSET', progress, 'holder', ask.holder, 'leaseEnd', now + ask.ttlMs)
return redis.call('HINCRBY', progress, 'epoch', 1)`;

export interface RenewAsk extends FencedAsk {
  readonly ttlMs: number;
  readonly mark: StoredMark;
}

/** Replies whether it is enabled and its revision, or nothing when the lease is not the caller’s. */
export const RENEW = `${PRELUDE}${FENCE}
if not mine() then return {} end
redis.call('HSET', progress, 'leaseEnd', now + ask.ttlMs)
note_mark(ask.mark)
return { enabled() and 1 or 0, tonumber(redis.call('HGET', webhook, 'revision') or '0') }`;

/** Replies `done` or `lost`, as all that follow. */
export const RELEASE = `${PRELUDE}${FENCE}
if not mine() then return 'lost' end
redis.call('HSET', progress, 'holder', '')
return 'done'`;

export interface SettleAsk extends FencedAsk {
  readonly mark: StoredMark;
  /** How many dead letters are kept. */
  readonly letters: number;
  /** With the letter where it is dead, and JSON of why. */
  readonly settled: readonly { readonly key: string; readonly letter?: string; readonly failure?: string }[];
}

export const SETTLE = `${PRELUDE}${FENCE}
if not mine() then return 'lost' end
note_mark(ask.mark)
for _, settled in ipairs(ask.settled) do
  redis.call('HDEL', retries, settled.key)
  if settled.letter then
    keep_letter('dead', settled.letter)
    note_failure(settled.failure)
    redis.call('HINCRBY', progress, 'dead', 1)
  else
    redis.call('HINCRBY', progress, 'delivered', 1)
    redis.call('HSET', progress, 'lastDeliveredAt', now)
  end
end
return 'done'`;

export interface PostponeAsk extends FencedAsk {
  readonly mark: StoredMark;
  readonly retries: readonly { readonly key: string; readonly retry: string }[];
  /** JSON, where one has failed just now. */
  readonly failure?: string;
}

export const POSTPONE = `${PRELUDE}${FENCE}
if not mine() then return 'lost' end
note_mark(ask.mark)
for _, each in ipairs(ask.retries) do redis.call('HSET', retries, each.key, each.retry) end
if ask.failure then note_failure(ask.failure) end
return 'done'`;

export interface SkipGapAsk extends FencedAsk {
  readonly letters: number;
  readonly until: string;
  readonly letter: string;
  /** The message that tells the receiver, to be sent at once. */
  readonly key: string;
  readonly retry: string;
}

export const SKIP_GAP = `${PRELUDE}${FENCE}
if not mine() then return 'lost' end
redis.call('HSET', progress, 'gapUntil', ask['until'])
redis.call('HINCRBY', progress, 'gaps', 1)
keep_letter('gap', ask.letter)
redis.call('HSET', retries, ask.key, ask.retry)
return 'done'`;

export interface DisableAsk extends FencedAsk {
  readonly reason: string;
  readonly failure: string;
}

export const DISABLE = `${PRELUDE}${FENCE}
if not mine() then return 'lost' end
redis.call('HSET', webhook, 'enabled', '0', 'disabledReason', ask.reason)
changed()
note_failure(ask.failure)
return 'done'`;
