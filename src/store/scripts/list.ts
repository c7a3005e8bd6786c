import { ASK, type Ask, RECORDS } from './prelude.js';

export interface ListAsk extends Ask {
  /** Only nodes with a higher creation sequence. */
  readonly after: string;
  readonly limit: number;
}

/** KEYS = the indexes to merge, disjoint. Answers { cursor or '', { { id, record }, … } }. */
export const LIST = `
${ASK}${RECORDS}
local entries = {}
for _, index in ipairs(KEYS) do
  local page = redis.call(
    'ZRANGE', index, '(' .. ask.after, '+inf', 'BYSCORE', 'LIMIT', 0, ask.limit + 1, 'WITHSCORES')
  for i = 1, #page, 2 do entries[#entries + 1] = { id = page[i], sequence = tonumber(page[i + 1]) } end
end
if #KEYS > 1 then table.sort(entries, function(a, b) return a.sequence < b.sequence end) end

local ids = {}
for i = 1, math.min(#entries, ask.limit) do ids[i] = entries[i].id end
local more = #entries > ask.limit
return { more and string.format('%.0f', entries[ask.limit].sequence) or '', records(ids) }
`;
