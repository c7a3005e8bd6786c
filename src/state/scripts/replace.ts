/**
 * Puts an imported document in the place of the canonical one.
 *
 * KEYS node, state, versions, states
 * ARGV id, epoch that the summary and the document were made for, versions to keep, summary, document
 */
import { FENCE_FIELDS } from '../../node/keys.js';
import type { NodeState } from '../../node/lifecycle.js';
import { FENCE, KEEP_VERSION, LEASED } from './fence.js';

const END: NodeState = 'DESTROYED';

/** Replies `replaced`, `unknown-node`, `destroyed`, `lease-held`, or `moved` when the epoch is another by now. */
export const REPLACE = `${FENCE}${LEASED}${KEEP_VERSION}
local current = fence()
if not current then return 'unknown-node' end
if redis.call('HGET', KEYS[1], '${FENCE_FIELDS.state}') == '${END}' then return 'destroyed' end
if leased() then return 'lease-held' end
if current ~= tonumber(ARGV[2]) then return 'moved' end
if redis.call('HEXISTS', KEYS[2], 'summary') == 1 then keep_version(KEYS[2], KEYS[3], tonumber(ARGV[3])) end
redis.call('HSET', KEYS[2], 'summary', ARGV[4], 'document', ARGV[5])
redis.call('ZADD', KEYS[4], 0, ARGV[1])
return 'replaced'`;
