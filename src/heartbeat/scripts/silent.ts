import { HEARTBEAT_KEY_PREFIX } from '../../node/keys.js';
import type { Ask } from '../../redis-scripts.js';

export interface SilentAsk extends Ask {
  readonly limit: number;
  /** How many are looked at for so many that are late. */
  readonly look: number;
}

/**
 * KEYS = the watched ones, the listening hash. Answers { watched, late, { { id, silent, limit, seen or '' }, … } }.
 *
 * The time of this script is the last moment at which heartbeats could be received, not now; and a node’s silence begins no
 * earlier than that could go on without a gap.
 */
export const SILENT = `
local ask = cjson.decode(ARGV[1])
local watched = redis.call('ZCARD', KEYS[1])
local times = redis.call('HMGET', KEYS[2], 'since', 'until')
local since, now = tonumber(times[1] or ''), tonumber(times[2] or '')
if not since or not now then return { watched, 0, {} } end

local late = {}
local entries = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ask.look, 'WITHSCORES')
for i = 1, #entries, 2 do
  local id = entries[i]
  local heartbeat = redis.call('HMGET', '${HEARTBEAT_KEY_PREFIX}' .. id, 'limitMs', 'seen')
  local limit = tonumber(heartbeat[1] or '') or 0
  local silent = now - math.max(since, tonumber(entries[i + 1]) - limit)
  if silent >= limit and #late < ask.limit then late[#late + 1] = { id, silent, limit, heartbeat[2] or '' } end
end
-- Beyond what was looked at, lateness is not told apart from a gap; where some are late, the gap is over.
local count = #late == 0 and 0 or redis.call('ZCOUNT', KEYS[1], '-inf', now)
return { watched, count, late }
`;
