import { NODE_KEY_PREFIX } from '../keys.js';
import { ASK, type Ask } from './prelude.js';

export interface GlanceAsk extends Ask {
  readonly ids: readonly string[];
}

/** KEYS = the indexes to merge. Answers { now, ids }: all of them in one moment, so that a node that moves meanwhile is not missed. */
export const MEMBERS = `
${ASK}
local ids = {}
for _, index in ipairs(KEYS) do
  for _, id in ipairs(redis.call('ZRANGE', index, 0, -1)) do ids[#ids + 1] = id end
end
return { now, ids }
`;

/** KEYS[1] = any node. Answers { { id, field, … }, … } of those that are there. */
export const GLANCE = `
local ask = cjson.decode(ARGV[1])
local there = {}
for _, id in ipairs(ask.ids) do
  local fields = redis.call(
    'HMGET', '${NODE_KEY_PREFIX}' .. id, 'role', 'state', 'since', 'createdAt', 'doomed', 'failureOperation')
  if fields[2] then
    local row = { id }
    for i = 1, 6 do row[i + 1] = fields[i] or '' end
    there[#there + 1] = row
  end
end
return there
`;
