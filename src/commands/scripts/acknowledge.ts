import type { RecordedAsk } from '../../store/scripts/prelude.js';
import { COMMANDS } from './prelude.js';

export interface AcknowledgeAsk extends RecordedAsk {
  readonly number: string;
  readonly outcome: string;
  readonly message?: string | undefined;
}

/** Answers { verdict, state, command }. Also while the node is on its way out: what it has done, it has done. */
export const ACKNOWLEDGE = `
${COMMANDS}
local node = load(KEYS[1])
if not node then return { 'unknown-node', '', {} } end
local command = read(ask.number)
if not command then return { 'unknown-command', node.state, {} } end
if redis.call('ZSCORE', waiting, ask.number) then
  finish(node, ask.number, ask.outcome, ask.message)
  note(node, ask.number, 'was acknowledged: ' .. ask.outcome .. (ask.message and ', ' .. ask.message or ''))
  command = read(ask.number)
  drop_if_old(tonumber(ask.number))
end
return { 'ended', node.state, command }
`;
