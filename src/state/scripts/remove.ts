/**
 * Ends what is kept of a node whose state holds nothing; quarantined documents stay.
 *
 * KEYS node, state, versions, configuration, states
 * ARGV id, epoch
 */
import { FENCE } from './fence.js';

/** Replies `removed`, `stale`, or `not-empty`. */
export const REMOVE = `${FENCE}
if fence() ~= tonumber(ARGV[2]) then return 'stale' end
local canonical = redis.call('HGET', KEYS[2], 'summary')
if canonical and cjson.decode(canonical).resources > 0 then return 'not-empty' end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
redis.call('ZREM', KEYS[5], ARGV[1])
return 'removed'`;
