/** The scripts behind what people do with webhooks. */
import { type Ask, PRELUDE } from './prelude.js';

export interface AddAsk extends Ask {
  readonly id: string;
  /** How many webhooks there may be. */
  readonly most: number;
  /** Of the webhook’s hash: name, value, name, value … */
  readonly fields: readonly string[];
  readonly cursor: string;
}

/** Replies `added` or `full`. */
export const ADD = `${PRELUDE}
if redis.call('ZCARD', webhooks) >= ask.most then return 'full' end
redis.call('HSET', webhook, 'createdAt', now, 'enabled', '1', unpack(ask.fields))
redis.call('HSET', progress, 'cursor', ask.cursor)
redis.call('ZADD', webhooks, now, ask.id)
return 'added'`;

export interface SetEnabledAsk extends Ask {
  readonly enabled: '0' | '1';
  readonly reason?: string;
}

/** Replies `done` or `unknown`. What is so already keeps its reason. */
export const SET_ENABLED = `${PRELUDE}
if not exists() then return 'unknown' end
if redis.call('HGET', webhook, 'enabled') == ask.enabled then return 'done' end
redis.call('HSET', webhook, 'enabled', ask.enabled)
redis.call('HDEL', webhook, 'disabledReason')
if ask.reason then redis.call('HSET', webhook, 'disabledReason', ask.reason) end
changed()
return 'done'`;

export interface RemoveAsk extends Ask {
  readonly id: string;
}

/** Replies `done` or `unknown`. */
export const REMOVE = `${PRELUDE}
if redis.call('ZREM', webhooks, ask.id) == 0 then return 'unknown' end
redis.call('DEL', webhook, progress, retries, dead)
return 'done'`;

export interface RedeliverAsk extends Ask {
  readonly letters: readonly { readonly id: string; readonly key: string; readonly retry: string }[];
}

/** Replies how many letters were still there and are given back now. */
export const REDELIVER = `${PRELUDE}
if not exists() then return 0 end
local given = 0
for _, letter in ipairs(ask.letters) do
  if redis.call('XDEL', dead, letter.id) == 1 then
    redis.call('HSET', retries, letter.key, letter.retry)
    given = given + 1
  end
end
if given > 0 then changed() end
return given`;

export interface ResealAsk extends Ask {
  readonly from: string;
  readonly to: string;
}

/** Replies `done` or `changed`. */
export const RESEAL = `${PRELUDE}
if redis.call('HGET', webhook, 'secret') ~= ask.from then return 'changed' end
redis.call('HSET', webhook, 'secret', ask.to)
return 'done'`;
