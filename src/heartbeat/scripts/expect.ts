import { isTerminal, NODE_STATES } from '../../node/lifecycle.js';
import { type Ask, set } from '../../redis-scripts.js';

export interface ExpectAsk extends Ask {
  /** Fields of the heartbeat; empty = none are to come. */
  readonly promised: Readonly<Record<string, string>>;
}

/** KEYS = the node, its heartbeat. Answers 1, or 0 where there is no such node any more. */
export const EXPECT = `
local ask = cjson.decode(ARGV[1])
local TERMINAL = ${set(NODE_STATES.filter(isTerminal))}
local state = redis.call('HGET', KEYS[1], 'state')
if not state or TERMINAL[state] then return 0 end
redis.call('HDEL', KEYS[2], 'limitMs', 'silenceMs', 'configures')
for name, value in pairs(ask.promised) do redis.call('HSET', KEYS[2], name, value) end
return 1
`;
