/** Lua that the scripts share: how the node’s record fences what is written here. KEYS[1] is the node’s hash. */
import { FENCE_FIELDS } from '../../node/keys.js';
import { DOCUMENT_FIELD, SUMMARY_FIELD } from '../keys.js';

/** `fence()`: the node’s epoch, 0 before its first run, nil without a node. */
export const FENCE = `
local function fence()
  if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
  return tonumber(redis.call('HGET', KEYS[1], '${FENCE_FIELDS.epoch}') or '0') or 0
end`;

/** `leased()`: whether somebody’s lease is alive, by the clock of Redis. */
export const LEASED = `
local function leased()
  local lease = redis.call('HMGET', KEYS[1], '${FENCE_FIELDS.leaseHolder}', '${FENCE_FIELDS.leaseExpiresAt}')
  if not lease[1] or lease[1] == '' then return false end
  local time = redis.call('TIME')
  return (tonumber(lease[2] or '') or 0) > time[1] * 1000 + time[2] / 1000
end`;

/**
 * `keep_version(state, versions, kept)`: puts the canonical document among the earlier ones, before another takes its
 * place. A run’s own document stays where an operator’s import of the same epoch would replace it.
 */
export const KEEP_VERSION = `
local function keep_version(state, versions, kept)
  local summary = redis.call('HGET', state, 'summary')
  local epoch = string.format('%.0f', cjson.decode(summary).epoch)
  if redis.call('HSETNX', versions, '${SUMMARY_FIELD}' .. epoch, summary) == 1 then
    redis.call('HSET', versions, '${DOCUMENT_FIELD}' .. epoch, redis.call('HGET', state, 'document'))
  end
  local epochs = {}
  for _, field in ipairs(redis.call('HKEYS', versions)) do
    local number = string.match(field, '^${SUMMARY_FIELD}(%d+)$')
    if number then epochs[#epochs + 1] = tonumber(number) end
  end
  table.sort(epochs, function(a, b) return a > b end)
  for place = kept + 1, #epochs do
    local old = string.format('%.0f', epochs[place])
    redis.call('HDEL', versions, '${SUMMARY_FIELD}' .. old, '${DOCUMENT_FIELD}' .. old)
  end
end`;
