import { ASK, type Ask } from '../../redis-scripts.js';

export interface ListeningAsk extends Ask {
  readonly gapMs: number;
}

/** KEYS[1] = the listening hash. A clock that jumped counts as a gap, whichever way it went. Answers 1. */
export const LISTENING = `
${ASK}
local last = tonumber(redis.call('HGET', KEYS[1], 'until') or '')
if not last or now < last or now - last > ask.gapMs then redis.call('HSET', KEYS[1], 'since', now) end
redis.call('HSET', KEYS[1], 'until', now)
return 1
`;
