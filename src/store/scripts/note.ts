import { ASK, EVENT, NODE } from './prelude.js';

/** KEYS[1] = the node. Answers 1, or 0 for an unknown node. */
export const NOTE = `
${ASK}${NODE}${EVENT}
local node = load(KEYS[1])
if not node then return 0 end
append_event(node, { type = 'noted', reason = ask.reason })
return 1
`;
