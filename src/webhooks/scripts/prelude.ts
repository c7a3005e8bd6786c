/**
 * Lua that the scripts share. Each gets the same five keys and one argument, a JSON document that it knows as `ask`. What is
 * only kept is text in it already, so that no document passes through Lua’s reader and back.
 *
 * KEYS webhooks, webhook, progress, retries, dead
 */
import { ASK, type Ask } from '../../redis-scripts.js';

export type { Ask } from '../../redis-scripts.js';

/** What every script is told that a delivery calls. */
export interface FencedAsk extends Ask {
  readonly epoch: number;
  readonly holder: string;
}

/** As it goes into Redis. */
export interface StoredMark {
  readonly cursor: string;
  /** JSON of the keys. */
  readonly beyond: string;
  readonly oldestAt?: number;
}

export const PRELUDE = `
${ASK}
local webhooks, webhook, progress, retries, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function exists() return redis.call('EXISTS', webhook) == 1 end
local function enabled() return redis.call('HGET', webhook, 'enabled') == '1' end
local function changed() return redis.call('HINCRBY', webhook, 'revision', 1) end
`;

export const FENCE = `
local function mine()
  local lease = redis.call('HMGET', progress, 'epoch', 'holder')
  return tonumber(lease[1] or '') == ask.epoch and lease[2] == ask.holder
end

local function note_mark(mark)
  redis.call('HSET', progress, 'cursor', mark.cursor, 'beyond', mark.beyond)
  if mark.oldestAt then
    redis.call('HSET', progress, 'oldestAt', mark.oldestAt)
  else
    redis.call('HDEL', progress, 'oldestAt')
  end
end

local function note_failure(failure)
  redis.call('HINCRBY', progress, 'failed', 1)
  redis.call('HSET', progress, 'lastFailure', failure)
end

local function keep_letter(kind, letter)
  redis.call('XADD', dead, 'MAXLEN', ask.letters, '*', 'kind', kind, 'at', now, 'letter', letter)
end
`;
