import { ASK, type Ask } from './prelude.js';

export interface AgesAsk extends Ask {
  readonly olderThanMs: readonly number[];
}

/**
 * KEYS = the nodes of a state by time, for each state that is asked about. Answers for each how long the oldest is in it (ms; 0
 * without one), then how many are in it for longer than each of the given times.
 */
export const AGES = `
${ASK}
local ages = {}
for i, key in ipairs(KEYS) do
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  local row = { oldest[2] and math.max(0, now - tonumber(oldest[2])) or 0 }
  for j, ms in ipairs(ask.olderThanMs) do
    row[j + 1] = redis.call('ZCOUNT', key, '-inf', '(' .. string.format('%.0f', now - ms))
  end
  ages[i] = row
end
return ages
`;
