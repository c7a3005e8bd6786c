import { ASK, type Ask, ATTENTION, NODE } from './prelude.js';

export interface AttendAsk extends Ask {
  readonly jobId?: string | undefined;
}

/** KEYS[1] = the node. Answers 1, or 0 for an unknown node. */
export const ATTEND = `
${ASK}${NODE}${ATTENTION}
local node = load(KEYS[1])
if not node then return 0 end
if ask.jobId then write(node, { jobId = ask.jobId }) end
note_attention(node)
return 1
`;
