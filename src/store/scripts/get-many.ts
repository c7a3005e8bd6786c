import { NODE_KEY_PREFIX } from '../keys.js';
import { type Ask, RECORDS } from './prelude.js';

export interface GetManyAsk extends Ask {
  readonly ids: readonly string[];
}

/** KEYS[1] = any node. Answers { { id, record }, … } of those that are there. */
export const GET_MANY = `
local ask = cjson.decode(ARGV[1])
${RECORDS}
local there = {}
for _, id in ipairs(ask.ids) do
  if redis.call('EXISTS', '${NODE_KEY_PREFIX}' .. id) == 1 then there[#there + 1] = id end
end
return records(there)
`;
