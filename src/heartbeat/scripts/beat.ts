import { SPEAKING_STATES, WATCHED_STATES } from '../../node/lifecycle.js';
import { UNSOUND_RECORD } from '../../redis-errors.js';
import { ASK, type Ask, set } from '../../redis-scripts.js';
import { LOAD_KEY_PREFIX } from '../keys.js';

export interface BeatAsk extends Ask {
  readonly nodeId: string;
  /** JSON, only kept. */
  readonly load: string;
  readonly connections?: number | undefined;
  readonly silenceMs: number;
}

/** KEYS = the node, its heartbeat, the watched ones. Answers { verdict, state, epoch, failure, failedFrom, configures }. */
export const BEAT = `
${ASK}
local SPEAKING, WATCHED = ${set(SPEAKING_STATES)}, ${set(WATCHED_STATES)}
local node = redis.call('HMGET', KEYS[1], 'state', 'epoch', 'failure', 'failedFrom', 'group', 'role')
local state = node[1]
if not state then return { 'unknown-node', '', '', '', '', '' } end
if not SPEAKING[state] then return { 'wrong-state', state, '', '', '', '' } end
if not (node[2] and node[5] and node[6]) then error('${UNSOUND_RECORD}') end

local promised = redis.call('HMGET', KEYS[2], 'silenceMs', 'configures')
local limit = tonumber(promised[1] or '') or ask.silenceMs
redis.call('HSET', KEYS[2], 'seen', now, 'load', ask.load, 'limitMs', limit)
if WATCHED[state] then redis.call('ZADD', KEYS[3], now + limit, ask.nodeId) end
local loads = '${LOAD_KEY_PREFIX}' .. node[5] .. ':' .. node[6]
if state == 'INSERVICE' and ask.connections then
  redis.call('ZADD', loads, ask.connections, ask.nodeId)
else
  redis.call('ZREM', loads, ask.nodeId)
end
return { 'heard', state, node[2], node[3] or '', node[4] or '', promised[2] or '' }
`;
