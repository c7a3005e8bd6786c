import type { Ask } from '../../redis-scripts.js';
import { type Flat, GROUP } from './prelude.js';

export interface RemoveAsk extends Ask {
  readonly name: string;
  readonly entry: Flat;
  /** How long the history stays. */
  readonly keptMs: number;
}

/** KEYS = the group, its history, all groups, its memory. Answers 1, or 0 where it is not marked for its end. */
export const REMOVE = `
${GROUP}
if not redis.call('HGET', group, 'deletedAt') then return 0 end
redis.call('DEL', group, KEYS[4])
redis.call('ZREM', KEYS[3], ask.name)
add_entry(ask.entry)
redis.call('PEXPIRE', history, ask.keptMs)
return 1
`;
