import type { Sources } from '../lifecycle-arguments.js';
import { ASK, ATTENTION, EVENT, INDEX, MOVE, NODE, type RecordedAsk, SCHEDULE } from './prelude.js';

export interface RequestRetryAsk extends RecordedAsk {
  readonly sources: Sources;
}

/** KEYS[1] = the node. Verdicts: changed, unchanged and those of a Refusal. */
export const REQUEST_RETRY = `
${ASK}${NODE}${ATTENTION}${INDEX}${SCHEDULE}${EVENT}${MOVE}
local node = load(KEYS[1])
if not node then return answer('unknown-node') end
if not may_leave(node, ask.sources) then return answer('wrong-state', node) end
if node.retryRequested == '1' then return answer('unchanged', node) end
write(node, { retryRequested = '1', attempts = 0, updatedAt = now })
note_attention(node)
append_event(node, { type = 'noted', reason = ask.reason })
return answer('changed', node)
`;
