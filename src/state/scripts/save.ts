/**
 * Stores a document: canonical under the node’s epoch, quarantined under an older one.
 *
 * KEYS node, state, versions, quarantine, states, quarantines, unattended quarantines
 * ARGV id, epoch, sequence, resources, time, versions to keep, summary, document
 */
import { FENCE_FIELDS } from '../../node/keys.js';
import type { NodeState } from '../../node/lifecycle.js';
import { DOCUMENT_FIELD, SUMMARY_FIELD } from '../keys.js';
import { FENCE, KEEP_VERSION } from './fence.js';

const END: NodeState = 'DESTROYED';

/**
 * Replies `canonical`, `quarantined` or `superseded`. An epoch that the node has not reached is quarantined as well: a
 * Redis that lost its last second has forgotten it, and what that run made is real.
 */
export const SAVE = `${FENCE}${KEEP_VERSION}
local id, epoch, sequence = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local current = fence()

local canonical = redis.call('HGET', KEYS[2], 'summary')
local held = canonical and cjson.decode(canonical)
local same_epoch = held and held.epoch == epoch

-- What an operator imported is newer than anything that this epoch's run can still bring.
if epoch ~= current or (same_epoch and held.imported) then
  local earlier = redis.call('HGET', KEYS[4], '${SUMMARY_FIELD}' .. ARGV[2])
  if earlier and cjson.decode(earlier).sequence > sequence then return 'superseded' end
  redis.call('HSET', KEYS[4], '${SUMMARY_FIELD}' .. ARGV[2], ARGV[7], '${DOCUMENT_FIELD}' .. ARGV[2], ARGV[8])
  redis.call('ZADD', KEYS[6], ARGV[5], id .. ':' .. ARGV[2])
  redis.call('ZADD', KEYS[7], ARGV[5], id .. ':' .. ARGV[2])
  return 'quarantined'
end

if same_epoch and held.sequence > sequence then return 'superseded' end
-- A late empty state of a node that is gone would only come back as a ghost.
if not held and ARGV[4] == '0' and redis.call('HGET', KEYS[1], '${FENCE_FIELDS.state}') == '${END}' then
  return 'superseded'
end

if held and not same_epoch then keep_version(KEYS[2], KEYS[3], tonumber(ARGV[6])) end
redis.call('HSET', KEYS[2], 'summary', ARGV[7], 'document', ARGV[8])
redis.call('ZADD', KEYS[5], 0, id)
return 'canonical'`;
