/** Lua that the scripts of commands share, on top of the store’s: a command’s fields, its end, its lines in the history. */
import { SPEAKING_STATES } from '../../node/lifecycle.js';
import { list, set } from '../../redis-scripts.js';
import { ASK, EVENT, NODE } from '../../store/scripts/prelude.js';

/** Fields of a command, in the order in which scripts answer them. */
export const COMMAND_FIELDS = [
  'name',
  'payload',
  'askedAt',
  'expiresAt',
  'deliveries',
  'deliveredAt',
  'endedAt',
  'outcome',
  'message',
] as const;

/** Ended commands stay to be looked at until so many newer ones were asked for. */
export const KEPT = 100;

/** KEYS of every script = the node, its commands, those that wait, all that expire. */
export const COMMANDS = `
${ASK}${NODE}${EVENT}
local SPEAKING = ${set(SPEAKING_STATES)}
local COMMAND_FIELDS = ${list(COMMAND_FIELDS)}
local commands, waiting, expiring = KEYS[2], KEYS[3], KEYS[4]

local function fields_of(number)
  local fields = {}
  for i, name in ipairs(COMMAND_FIELDS) do fields[i] = number .. ':' .. name end
  return fields
end

-- { number, name, payload, … }; nil when there is none.
local function read(number)
  local values = redis.call('HMGET', commands, unpack(fields_of(number)))
  if not values[1] then return nil end
  local command = { tostring(number) }
  for i = 1, #COMMAND_FIELDS do command[i + 1] = values[i] or '' end
  return command
end

local function put(number, fields)
  for name, value in pairs(fields) do redis.call('HSET', commands, number .. ':' .. name, value) end
end

-- Asked of each as it ends, and as the last newer one comes: so none is overlooked.
local function drop_if_old(number)
  local newest = tonumber(redis.call('HGET', commands, 'last'))
  if number < 1 or number > newest - ${KEPT} or redis.call('ZSCORE', waiting, number) then return end
  redis.call('HDEL', commands, unpack(fields_of(number)))
end

local function note(node, number, words)
  local name = redis.call('HGET', commands, number .. ':name')
  append_event(node, { type = 'noted', reason = 'command ' .. number .. ', ' .. name .. ', ' .. words })
end

local function times(deliveries)
  if deliveries == 0 then return 'was never delivered' end
  return 'was delivered ' .. (deliveries == 1 and 'once' or deliveries .. ' times')
end

local function finish(node, number, outcome, message)
  redis.call('ZREM', waiting, number)
  redis.call('ZREM', expiring, node.id .. ':' .. number)
  put(number, { outcome = outcome, endedAt = now })
  if message then put(number, { message = message }) end
end

local function expire(node, number)
  local deliveries = tonumber(redis.call('HGET', commands, number .. ':deliveries') or '0')
  finish(node, number, 'expired')
  ask.actor = 'reconciler'
  note(node, number, 'has expired; it ' .. times(deliveries))
  drop_if_old(tonumber(number))
end
`;
