import { FAILED_DESTROYS_SINCE_KEY, NODE_KEY_PREFIX } from '../keys.js';
import { ASK, type Ask } from './prelude.js';

export interface FailedDestroysAsk extends Ask {
  /** Nodes that are looked at for their failures, the oldest first. */
  readonly look: number;
}

/** Answers how many there are, the age of the oldest in milliseconds and the most failures of one of them; zeros for none. */
export const FAILED_DESTROYS = `
${ASK}
local since = '${FAILED_DESTROYS_SINCE_KEY}'
local oldest = redis.call('ZRANGE', since, 0, ask.look - 1, 'WITHSCORES')
if #oldest == 0 then return { 0, 0, 0 } end
local most = 0
for i = 1, #oldest, 2 do
  local failures = redis.pcall('HGET', '${NODE_KEY_PREFIX}' .. oldest[i], 'destroyFailures')
  if type(failures) == 'string' then most = math.max(most, tonumber(failures) or 0) end
end
return { redis.call('ZCARD', since), math.max(0, now - tonumber(oldest[2])), most }
`;
