import type { RecordedAsk } from '../../store/scripts/prelude.js';
import { COMMANDS } from './prelude.js';

export interface ExpireAsk extends RecordedAsk {
  readonly nodeId: string;
  readonly number: string;
}

/** Answers 1, or 0 where its time is not over, or it has ended before. */
export const EXPIRE = `
${COMMANDS}
local node = load(KEYS[1])
local expires = tonumber(redis.call('HGET', commands, ask.number .. ':expiresAt') or '')
if not node or not expires or not redis.call('ZSCORE', waiting, ask.number) then
  redis.call('ZREM', expiring, ask.nodeId .. ':' .. ask.number)
  return 0
end
if expires > now then return 0 end
expire(node, ask.number)
return 1
`;
