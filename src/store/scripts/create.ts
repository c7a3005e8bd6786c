import { NODE_KEY_PREFIX, REQUEST_KEY_PREFIX, SEQUENCE_KEY } from '../keys.js';
import {
  ASK,
  ATTENTION,
  EVENT,
  FENCES,
  type FencedAsk,
  INDEX,
  NODE,
  type RecordedAsk,
  SCHEDULE,
} from './prelude.js';

export interface CreateAsk extends RecordedAsk, FencedAsk {
  readonly state: string;
  readonly requestId?: string | undefined;
  readonly requestHash: string;
  /** Seconds. */
  readonly ttl?: number | undefined;
  /** Fields of the new hash, besides times, sequence and state. */
  readonly fields: Readonly<Record<string, string>>;
}

/** KEYS[1] = the node. Verdicts: created, same, id-conflict, request-conflict, fenced-off. */
export const CREATE = `
${ASK}${NODE}${ATTENTION}${INDEX}${SCHEDULE}${EVENT}${FENCES}
local function compare(key, conflict)
  local same = redis.call('HGET', key, 'requestHash') == ask.requestHash
  return answer(same and 'same' or conflict, { key = key })
end

local request_key = ask.requestId and '${REQUEST_KEY_PREFIX}' .. ask.requestId
if request_key then
  local id = redis.call('GET', request_key)
  local key = id and '${NODE_KEY_PREFIX}' .. id
  if key and redis.call('EXISTS', key) == 1 then return compare(key, 'request-conflict') end
end
if redis.call('EXISTS', KEYS[1]) == 1 then return compare(KEYS[1], 'id-conflict') end
if is_fenced_off() then return answer('fenced-off') end

local node = { key = KEYS[1] }
write(node, ask.fields)
write(node, {
  sequence = redis.call('INCR', '${SEQUENCE_KEY}'), requestHash = ask.requestHash,
  state = ask.state, since = now, createdAt = now, updatedAt = now,
})
node.expiresAt = ''
if ask.ttl then write(node, { expiresAt = now + ask.ttl * 1000 }) end
if request_key then redis.call('SET', request_key, node.id) end
index_add(node, '')
index_add(node, node.state)
since_add(node)
note_expiry(node)
note_attention(node)
append_event(node, { type = 'transition', to = node.state, reason = ask.reason })
return answer('created', node)
`;
