import { NODE_KEY_PREFIX } from '../keys.js';
import { ASK, type Ask, RECORDS } from './prelude.js';

export interface OverdueAsk extends Ask {
  readonly olderThanMs: number;
  readonly limit: number;
  /** How many are looked at for so many without a live lease. */
  readonly look: number;
}

/** KEYS[1] = the nodes of a state by time. Answers { { id, record }, … }, without those whose lease is alive. */
export const OVERDUE = `
${ASK}${RECORDS}
local ids = {}
for _, id in ipairs(redis.call(
  'ZRANGE', KEYS[1], '-inf', now - ask.olderThanMs, 'BYSCORE', 'LIMIT', 0, ask.look)) do
  local lease = redis.pcall('HGET', '${NODE_KEY_PREFIX}' .. id, 'leaseExpiresAt')
  local ends = type(lease) == 'string' and tonumber(lease) or 0
  if #ids < ask.limit and ends <= now then ids[#ids + 1] = id end
end
return records(ids)
`;
