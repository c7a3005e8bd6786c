import { HEARTBEAT_KEY_PREFIX } from '../../node/keys.js';
import { ASK, type Ask } from '../../redis-scripts.js';

export interface SurveyAsk extends Ask {
  readonly most: number;
}

/**
 * KEYS = the index of the role’s INSERVICE nodes, that of all its nodes. Answers { now, how many there are in any state,
 * { { id, seen, load, limitMs }, … } } of at most `most` nodes in service.
 */
export const SURVEY = `
${ASK}
local rows = {}
for i, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, ask.most - 1)) do
  local said = redis.call('HMGET', '${HEARTBEAT_KEY_PREFIX}' .. id, 'seen', 'load', 'limitMs')
  rows[i] = { id, said[1] or '', said[2] or '', said[3] or '' }
end
return { now, redis.call('ZCARD', KEYS[2]), rows }
`;
