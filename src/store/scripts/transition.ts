import type { Entering, Sources } from '../lifecycle-arguments.js';
import {
  ASK,
  ATTENTION,
  EVENT,
  FENCES,
  type FencedAsk,
  INDEX,
  MOVE,
  NODE,
  type RecordedAsk,
  SCHEDULE,
} from './prelude.js';

export interface TransitionAsk extends RecordedAsk, FencedAsk {
  readonly to: string;
  readonly sources: Sources;
  /** In these states the request has been fulfilled already. */
  readonly settled: Readonly<Record<string, true>>;
  readonly expected?: Readonly<Record<string, true>> | undefined;
  readonly epoch?: number | undefined;
  readonly entering: Entering;
  /** JSON, as it stands in the record and in the event. */
  readonly failure?: string | undefined;
  /** When a destruction that failed is due again: doubling from the first wait to the longest. */
  readonly destroyRetry: { readonly firstMs: number; readonly maxMs: number };
}

/** KEYS[1] = the node. Verdicts: changed, unchanged and those of a Refusal. */
export const TRANSITION = `
${ASK}${NODE}${ATTENTION}${INDEX}${SCHEDULE}${EVENT}${MOVE}${FENCES}
local node = load(KEYS[1])
if not node then return answer('unknown-node') end
if ask.epoch and ask.epoch ~= epoch_of(node) then return answer('stale-epoch', node) end
if ask.settled[node.state] then return answer('unchanged', node) end
if not may_leave(node, ask.sources) or (ask.expected and not ask.expected[node.state]) then
  return answer('wrong-state', node)
end
if is_fenced_off() then return answer('fenced-off', node) end

local from = node.state
move(node, ask.to, ask.entering)
append_event(node, { type = 'transition', from = from, to = ask.to, reason = ask.reason, failure = ask.failure })
return answer('changed', node)
`;
