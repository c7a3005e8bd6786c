/** Lua that the scripts of groups share: an entry of a group’s history. */
import { ASK } from '../../redis-scripts.js';

/** Kept of a group, about: a busy one decides a few times an hour. */
const KEPT_ENTRIES = 1_000;

/** Of an entry: name, value, name, value … */
export type Flat = readonly string[];

/** KEYS[1] = the group, KEYS[2] = its history. */
export const GROUP = `
${ASK}
local group, history = KEYS[1], KEYS[2]

local function add_entry(flat)
  redis.call('XADD', history, 'MAXLEN', '~', ${KEPT_ENTRIES}, '*', 'at', now, unpack(flat))
end
`;
