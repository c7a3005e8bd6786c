import { HEARTBEAT_KEY_PREFIX, nodeKey } from '../../node/keys.js';
import { ASK, type Ask } from '../../redis-scripts.js';

export interface ConfirmAsk extends Ask {
  readonly ids: readonly string[];
  readonly group: string;
  readonly role: string;
}

/**
 * KEYS[1] = the index of the role’s INSERVICE nodes. Answers { now, { { id, outputs, seen, load, limitMs }, … } } of those of the asked nodes that
 * are INSERVICE now: read in one step, so that none is among them which the store knows to be leaving.
 */
export const CONFIRM = `
${ASK}
local rows = {}
for _, id in ipairs(ask.ids) do
  local node = redis.call('HMGET', '${nodeKey('')}' .. id, 'state', 'group', 'role', 'outputs')
  if node[1] == 'INSERVICE' and node[2] == ask.group and node[3] == ask.role then
    local said = redis.call('HMGET', '${HEARTBEAT_KEY_PREFIX}' .. id, 'seen', 'load', 'limitMs')
    rows[#rows + 1] = { id, node[4] or '', said[1] or '', said[2] or '', said[3] or '' }
  end
end
return { now, rows }
`;
