import type { Ask } from './prelude.js';

export interface FleetAsk extends Ask {
  /** The id where there is none yet. */
  readonly made: string;
  /** The id that somebody wants it to be. */
  readonly pinned?: string | undefined;
}

/**
 * KEYS = the id, the creation sequence. Answers the id. One that is wanted takes the place of another only as long as no node was
 * ever asked for: nothing can bear the other yet.
 */
export const FLEET = `
local ask = cjson.decode(ARGV[1])
local kept = redis.call('GET', KEYS[1])
if not kept or (ask.pinned and ask.pinned ~= kept and redis.call('EXISTS', KEYS[2]) == 0) then
  kept = ask.pinned or ask.made
  redis.call('SET', KEYS[1], kept)
end
return kept
`;
