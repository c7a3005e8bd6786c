import type { Ask } from '../../redis-scripts.js';
import { type Flat, GROUP } from './prelude.js';

export interface WriteAsk extends Ask {
  readonly name: string;
  /** The revision that the change was made for; 0 where there was none. */
  readonly seen: number;
  /** Of the group’s hash: name, value, name, value … */
  readonly fields: Flat;
  /** Marks the group for its end. */
  readonly ends: boolean;
  readonly entry: Flat;
}

/**
 * KEYS = the group, its history, all groups, the revisions. Answers { 'written', revision, now }, or { 'moved', 0, 0 } where the
 * group has not the revision any more that the change was made for.
 */
export const WRITE = `
${GROUP}
local groups, revisions = KEYS[3], KEYS[4]
local present = tonumber(redis.call('HGET', group, 'revision') or '0')
if present ~= ask.seen then return { 'moved', 0, 0 } end
local revision = redis.call('HINCRBY', revisions, ask.name, 1)
redis.call('HSET', group, 'revision', revision, 'updatedAt', now, unpack(ask.fields))
if ask.ends then redis.call('HSET', group, 'deletedAt', now) end
if present == 0 then
  redis.call('HSET', group, 'createdAt', now)
  redis.call('ZADD', groups, 0, ask.name)
  redis.call('PERSIST', history)
end
add_entry({ 'revision', revision, unpack(ask.entry) })
return { 'written', revision, now }
`;
