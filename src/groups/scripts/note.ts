import type { Ask } from '../../redis-scripts.js';
import { type Flat, GROUP } from './prelude.js';

export interface NoteAsk extends Ask {
  readonly entry: Flat;
}

/** KEYS = the group, its history. Answers 1, or 0 where there is no such group. */
export const NOTE = `
${GROUP}
if redis.call('EXISTS', group) == 0 then return 0 end
add_entry(ask.entry)
return 1
`;
