import { ASK, EVENT, NODE, type RecordedAsk } from './prelude.js';

export interface RaiseAlarmAsk extends RecordedAsk {
  readonly alarm: number;
}

/** KEYS[1] = the node. Answers 1, or 0 where this alarm, or a later one, was raised already or there is nothing to raise it about. */
export const RAISE_ALARM = `
${ASK}${NODE}${EVENT}
local node = load(KEYS[1])
if not node or node.destroyFailedAt == '' or (tonumber(node.destroyAlarm) or 0) >= ask.alarm then return 0 end
write(node, { destroyAlarm = ask.alarm })
append_event(node, { type = 'noted', reason = ask.reason })
return 1
`;
