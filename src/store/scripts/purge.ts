import { HISTORY_KEY_PREFIX, NODE_KEY_PREFIX, REQUEST_KEY_PREFIX } from '../keys.js';
import { ASK, type Ask, INDEX, NODE } from './prelude.js';

export interface PurgeAsk extends Ask {
  readonly olderThanMs: number;
  readonly limit: number;
  /** Ids of tombstones that stay, as the keys of an object. */
  readonly except: Readonly<Record<string, true>>;
  /** How many tombstones are looked at: the limit and what stays. */
  readonly look: number;
}

/** KEYS[1] = the tombstones. Answers how many were removed. */
export const PURGE = `
${ASK}${NODE}${INDEX}
local ids = redis.call('ZRANGE', KEYS[1], '-inf', now - ask.olderThanMs, 'BYSCORE', 'LIMIT', 0, ask.look)
local purged = 0
for _, id in ipairs(ids) do
  -- A record that cannot be read stays, for its indexes are not known; it must not keep the others from going.
  local readable, node = pcall(load, '${NODE_KEY_PREFIX}' .. id)
  if readable and not ask.except[id] and purged < ask.limit then
    if node then
      local request_key = '${REQUEST_KEY_PREFIX}' .. node.requestId
      if redis.call('GET', request_key) == id then redis.call('DEL', request_key) end
      index_remove(node, '')
      index_remove(node, node.state)
      redis.call('DEL', node.key)
    end
    redis.call('DEL', '${HISTORY_KEY_PREFIX}' .. id)
    redis.call('ZREM', KEYS[1], id)
    purged = purged + 1
  end
end
return purged
`;
