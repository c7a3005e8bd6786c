import type { RecordedAsk } from '../../store/scripts/prelude.js';
import { COMMANDS } from './prelude.js';

export interface DeliverAsk extends RecordedAsk {
  readonly limit: number;
  readonly visibilityMs: number;
}

/** Answers { verdict, state, { command, … }, milliseconds until the next delivery or '' }. */
export const DELIVER = `
${COMMANDS}
local node = load(KEYS[1])
if not node then return { 'unknown-node', '', {}, '' } end
if not SPEAKING[node.state] then return { 'wrong-state', node.state, {}, '' } end

local due = redis.call('ZRANGE', waiting, '-inf', now, 'BYSCORE')
table.sort(due, function(a, b) return tonumber(a) < tonumber(b) end)
local delivered = {}
for _, number in ipairs(due) do
  if tonumber(redis.call('HGET', commands, number .. ':expiresAt')) <= now then
    expire(node, number)
  elseif #delivered < ask.limit then
    local deliveries = redis.call('HINCRBY', commands, number .. ':deliveries', 1)
    put(number, { deliveredAt = now })
    redis.call('ZADD', waiting, now + ask.visibilityMs, number)
    -- Not again with every try: a node that cannot acknowledge must not wash the rest out of its history.
    ask.actor = 'node'
    if deliveries == 1 then note(node, number, 'was delivered') end
    delivered[#delivered + 1] = read(number)
  end
end
local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
local wait = first[2] and string.format('%.0f', math.max(0, tonumber(first[2]) - now)) or ''
return { 'delivered', node.state, delivered, wait }
`;
