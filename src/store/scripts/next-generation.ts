import { ASK, ATTENTION, NODE } from './prelude.js';

/** KEYS[1] = the node. Answers the new number, or nothing. A job that is on its way counts as attention. */
export const NEXT_GENERATION = `
${ASK}${NODE}${ATTENTION}
local node = load(KEYS[1])
if not node then return false end
note_attention(node)
return redis.call('HINCRBY', node.key, 'generation', 1)
`;
