import { ASK, type Ask } from '../../redis-scripts.js';

export interface TakeAsk extends Ask {
  readonly role: string;
  /** As it was read. */
  readonly step: number;
  readonly towards: 'grewAt' | 'shrankAt';
}

/** KEYS = the group, its memory. Answers 1, or 0 where the step was taken, or the group is gone. */
export const TAKE = `
${ASK}
local group, memory = KEYS[1], KEYS[2]
if redis.call('EXISTS', group) == 0 then return 0 end
local step = ask.role .. ':step'
if tonumber(redis.call('HGET', memory, step) or '0') ~= ask.step then return 0 end
redis.call('HSET', memory, step, ask.step + 1, ask.role .. ':' .. ask.towards, now)
return 1
`;
