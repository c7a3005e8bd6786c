/**
 * Keeps the configuration that a run is about to apply.
 *
 * KEYS node, configuration
 * ARGV epoch, text
 */
import { FENCE } from './fence.js';

/** Replies `stored`, `stale`, or `ahead` for an epoch that the node has not reached. */
export const SAVE_CONFIGURATION = `${FENCE}
local epoch, current = tonumber(ARGV[1]), fence()
if current and epoch > current then return 'ahead' end
if epoch ~= current then return 'stale' end
redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'text', ARGV[2])
return 'stored'`;
