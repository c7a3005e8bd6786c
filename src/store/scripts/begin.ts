import type { Entering, Sources } from '../lifecycle-arguments.js';
import { ASK, ATTENTION, EVENT, INDEX, MOVE, NODE, type RecordedAsk, SCHEDULE } from './prelude.js';

export interface BeginAsk extends RecordedAsk {
  readonly holder: string;
  readonly leaseMs: number;
  /** Where the operation begins of itself; from any other source only when a retry was asked for. */
  readonly from: string;
  readonly to: string;
  readonly sources: Sources;
  readonly entering: Entering;
}

/** KEYS[1] = the node. Verdicts: begun and those of a Refusal. */
export const BEGIN = `
${ASK}${NODE}${ATTENTION}${INDEX}${SCHEDULE}${EVENT}${MOVE}
local node = load(KEYS[1])
if not node then return answer('unknown-node') end
local takeover = node.state == ask.to
local wanted = node.state == ask.from or node.retryRequested == '1'
if not takeover and not (wanted and may_leave(node, ask.sources)) then return answer('wrong-state', node) end
if node.leaseHolder ~= '' and node.leaseHolder ~= ask.holder and lease_end(node) > now then
  return answer('lease-held', node)
end

local lease = { leaseHolder = ask.holder, leaseExpiresAt = now + ask.leaseMs, updatedAt = now }
-- The same holder asks again because the first answer got lost: it has its epoch already.
if takeover and node.leaseHolder == ask.holder then
  write(node, lease)
  note_attention(node)
  return answer('begun', node)
end

-- Whoever did not give the lease back has had to end before it did.
if node.leaseHolder ~= '' then write(node, { runEndedAt = node.leaseExpiresAt }) end
write(node, lease)
write(node, { epoch = epoch_of(node) + 1 })
clear(node, { 'progress', 'lateEnd' })
if takeover then
  note_attention(node)
  append_event(node, { type = 'taken' })
else
  local from = node.state
  move(node, ask.to, ask.entering)
  append_event(node, { type = 'transition', from = from, to = ask.to })
end
return answer('begun', node)
`;
