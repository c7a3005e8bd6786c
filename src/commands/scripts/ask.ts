import type { RecordedAsk } from '../../store/scripts/prelude.js';
import { COMMANDS, KEPT } from './prelude.js';

export interface AskAsk extends RecordedAsk {
  readonly name: string;
  /** JSON, only kept. */
  readonly payload: string;
  readonly ttlMs: number;
  /** So many may wait. */
  readonly most: number;
}

/** Answers { verdict, state, command }. */
export const ASK_COMMAND = `
${COMMANDS}
local node = load(KEYS[1])
if not node then return { 'unknown-node', '', {} } end
if not SPEAKING[node.state] then return { 'wrong-state', node.state, {} } end
if redis.call('ZCARD', waiting) >= ask.most then return { 'full', node.state, {} } end
local number = redis.call('HINCRBY', commands, 'last', 1)
put(number, {
  name = ask.name, payload = ask.payload, askedAt = now, expiresAt = now + ask.ttlMs, deliveries = 0,
})
redis.call('ZADD', waiting, now, number)
redis.call('ZADD', expiring, now + ask.ttlMs, node.id .. ':' .. number)
drop_if_old(number - ${KEPT})
note(node, number, 'was asked for' .. (ask.reason and ' by ' .. ask.reason or ''))
return { 'asked', node.state, read(number) }
`;
