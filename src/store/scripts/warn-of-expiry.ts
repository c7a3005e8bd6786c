import { ASK, EVENT, NODE, type RecordedAsk, SCHEDULE } from './prelude.js';

export type WarnOfExpiryAsk = RecordedAsk;

/** KEYS[1] = the node. Answers 1, or 0 where nobody has to be warned (any more). */
export const WARN_OF_EXPIRY = `
${ASK}${NODE}${SCHEDULE}${EVENT}
local node = load(KEYS[1])
if not node or node.expiresAt == '' or node.doomed == '1' or node.expiryWarned == '1' then return 0 end
write(node, { expiryWarned = '1' })
note_expiry(node)
append_event(node, { type = 'noted', reason = ask.reason })
return 1
`;
