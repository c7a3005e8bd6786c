/**
 * Lua that several scripts share. Every script gets one argument, a JSON document that it knows as `ask`, and says
 * what it did as a verdict with the node’s record. What the lifecycle allows stands in `ask`, never in Lua.
 */
import { DRIVEN_STATES, isTerminal, NODE_STATES, WATCHED_STATES } from '../../node/lifecycle.js';
import { UNSOUND_RECORD } from '../../redis-errors.js';
import { type Ask, list, set } from '../../redis-scripts.js';
import * as keys from '../keys.js';

export { ASK, type Ask } from '../../redis-scripts.js';

/** What every script that adds an event is told. */
export interface RecordedAsk extends Ask {
  readonly actor: string;
  readonly reason?: string | undefined;
  readonly retention: { readonly historyEntries: number; readonly eventEntries: number };
}

/** Fields that a script may look at; absent ones read as ''. Documents (inputs, outputs …) are never among them. */
const LOADED_FIELDS = [
  'id',
  'sequence',
  'group',
  'role',
  'requestId',
  'state',
  'epoch',
  'leaseHolder',
  'leaseExpiresAt',
  'accounted',
  'lateEnd',
  'createSucceeded',
  'retryRequested',
  'failureOperation',
  'expiresAt',
  'expiryWarned',
  'doomed',
  'destroyFailures',
  'destroyFailedAt',
  'destroyAlarm',
] as const;

export const NODE = `
local FIELDS = ${list(LOADED_FIELDS)}
local TERMINAL = ${set(NODE_STATES.filter(isTerminal))}

local function load(key)
  if redis.call('EXISTS', key) == 0 then return nil end
  local values = redis.call('HMGET', key, unpack(FIELDS))
  local node = { key = key }
  for i, name in ipairs(FIELDS) do node[name] = values[i] or '' end
  -- Found out before the first write: a script that stops halfway is not rolled back.
  local sound = tonumber(node.sequence) and tonumber(node.epoch)
  for _, name in ipairs({ 'id', 'group', 'role', 'state' }) do sound = sound and node[name] ~= '' end
  if not sound then error('${UNSOUND_RECORD}') end
  return node
end

local function write(node, fields)
  local arguments = {}
  for name, value in pairs(fields) do
    node[name] = value
    arguments[#arguments + 1] = name
    arguments[#arguments + 1] = value
  end
  if #arguments > 0 then redis.call('HSET', node.key, unpack(arguments)) end
end

local function clear(node, names)
  for _, name in ipairs(names) do node[name] = '' end
  if #names > 0 then redis.call('HDEL', node.key, unpack(names)) end
end

local function epoch_of(node) return tonumber(node.epoch) end
local function accounted_of(node) return tonumber(node.accounted) or 0 end
local function lease_end(node) return tonumber(node.leaseExpiresAt) or 0 end

local function answer(verdict, node)
  return { verdict, node and redis.call('HGETALL', node.key) or {} }
end
`;

/** A node counts as attended until its lease ends; without one, since the last time that something was done for it. */
export const ATTENTION = `
local DRIVEN = ${set(DRIVEN_STATES)}

local function note_attention(node)
  if DRIVEN[node.state] or node.retryRequested == '1' then
    redis.call('ZADD', '${keys.UNATTENDED_KEY}', math.max(now, lease_end(node)), node.id)
  else
    redis.call('ZREM', '${keys.UNATTENDED_KEY}', node.id)
  end
end
`;

/**
 * What is asked for by time. A node is doomed from the moment that its destruction is asked for: its
 * time to live does not count any more, and its failure is that of a destruction, whatever it was that failed.
 */
export const SCHEDULE = `
local function since_remove(node) redis.call('ZREM', '${keys.SINCE_KEY_PREFIX}' .. node.state, node.id) end

local function since_add(node)
  if TERMINAL[node.state] then return end
  redis.call('ZADD', '${keys.SINCE_KEY_PREFIX}' .. node.state, now, node.id)
end

local function note_expiry(node)
  local counts = node.expiresAt ~= '' and node.doomed ~= '1'
  local function note(key, wanted)
    if wanted then redis.call('ZADD', key, node.expiresAt, node.id) else redis.call('ZREM', key, node.id) end
  end
  note('${keys.EXPIRIES_KEY}', counts)
  note('${keys.UNWARNED_KEY}', counts and node.expiryWarned ~= '1')
end

-- Also while it is tried again: only the cloud ends it.
local function note_unconfirmed_destroy(node)
  if node.destroyFailedAt == '' then
    redis.call('ZREM', '${keys.FAILED_DESTROYS_SINCE_KEY}', node.id)
  else
    redis.call('ZADD', '${keys.FAILED_DESTROYS_SINCE_KEY}', node.destroyFailedAt, node.id)
  end
end

local function note_failed_destroy(node, failed)
  if not (failed and node.doomed == '1') then
    redis.call('ZREM', '${keys.FAILED_DESTROYS_KEY}', node.id)
    clear(node, { 'destroyRetryAt' })
    return
  end
  local failures = (tonumber(node.destroyFailures) or 0) + 1
  local retry = now + math.min(ask.destroyRetry.maxMs, ask.destroyRetry.firstMs * 2 ^ (failures - 1))
  if node.destroyFailedAt == '' then write(node, { destroyFailedAt = now }) end
  write(node, { destroyFailures = failures, destroyRetryAt = retry })
  redis.call('ZADD', '${keys.FAILED_DESTROYS_KEY}', retry, node.id)
end
`;

export const INDEX = `
local function index_keys(node, state)
  local function index(group, role) return '${keys.INDEX_KEY_PREFIX}' .. state .. ':' .. group .. ':' .. role end
  return { index('', ''), index(node.group, ''), index('', node.role), index(node.group, node.role) }
end

-- The empty state stands for "any".
local function index_add(node, state)
  for _, key in ipairs(index_keys(node, state)) do redis.call('ZADD', key, node.sequence, node.id) end
end

local function index_remove(node, state)
  for _, key in ipairs(index_keys(node, state)) do redis.call('ZREM', key, node.id) end
end
`;

export const EVENT = `
local function append_event(node, event)
  local entry = {
    'type', event.type, 'nodeId', node.id, 'group', node.group, 'role', node.role,
    'actor', ask.actor, 'epoch', tostring(epoch_of(node)), 'at', string.format('%.0f', now),
  }
  for _, name in ipairs({ 'from', 'to', 'reason', 'failure' }) do
    if event[name] then
      entry[#entry + 1] = name
      entry[#entry + 1] = event[name]
    end
  end
  local position = redis.call(
    'XADD', '${keys.EVENTS_KEY}', 'MAXLEN', '~', ask.retention.eventEntries, '*', unpack(entry))
  local history = '${keys.HISTORY_KEY_PREFIX}' .. node.id
  redis.call('RPUSH', history, cjson.encode({ position, entry }))
  redis.call('LTRIM', history, -ask.retention.historyEntries, -1)
end
`;

/**
 * What else is kept of a node follows its state. Silence counts in the states that are watched, from the moment that the node
 * enters the first of them; its load counts for routing again with the next heartbeat that it sends in service.
 */
const WATCH = `
local WATCHED = ${set(WATCHED_STATES)}

local function note_watch(node)
  local heartbeat = '${keys.HEARTBEAT_KEY_PREFIX}' .. node.id
  redis.call('ZREM', '${keys.LOAD_KEY_PREFIX}' .. node.group .. ':' .. node.role, node.id)
  if WATCHED[node.state] then
    local limit = tonumber(redis.call('HGET', heartbeat, 'limitMs') or '')
    if limit then redis.call('ZADD', '${keys.WATCHED_KEY}', 'NX', now + limit, node.id) end
  else
    redis.call('ZREM', '${keys.WATCHED_KEY}', node.id)
  end
  if TERMINAL[node.state] then redis.call('DEL', heartbeat) end
end

-- Nobody is left to be told anything.
local function forget_commands(node)
  local waiting = '${keys.WAITING_COMMANDS_KEY_PREFIX}' .. node.id
  for _, number in ipairs(redis.call('ZRANGE', waiting, 0, -1)) do
    redis.call('ZREM', '${keys.EXPIRING_COMMANDS_KEY}', node.id .. ':' .. number)
  end
  redis.call('DEL', waiting, '${keys.COMMANDS_KEY_PREFIX}' .. node.id)
end
`;

/** The one place where a state is assigned. `entering` is what `lifecycle-arguments.ts` says of the new state. */
export const MOVE = `
${WATCH}
local function may_leave(node, sources)
  local source = sources[node.state]
  if not source then return false end
  for field, value in pairs(source) do
    if node[field] ~= value then return false end
  end
  return true
end

local function move(node, to, entering)
  index_remove(node, node.state)
  index_add(node, to)
  since_remove(node)
  clear(node, { 'failure', 'failureOperation', 'lastError', 'failedFrom' })
  if entering.failed then write(node, { failedFrom = node.state }) end
  write(node, { state = to, since = now, updatedAt = now, retryRequested = '0' })
  clear(node, entering.clear)
  write(node, entering.set)
  if entering.tombstone then redis.call('ZADD', '${keys.TOMBSTONES_KEY}', now, node.id) end
  since_add(node)
  note_expiry(node)
  note_failed_destroy(node, entering.failed)
  note_unconfirmed_destroy(node)
  note_attention(node)
  note_watch(node)
  if TERMINAL[node.state] then forget_commands(node) end
end
`;

/** Reads many records; one that cannot be read comes back empty, so that it spoils only itself. */
export const RECORDS = `
local function records(ids)
  local found = {}
  for i, id in ipairs(ids) do
    local fields = redis.pcall('HGETALL', '${keys.NODE_KEY_PREFIX}' .. id)
    found[i] = { id, fields.err and {} or fields }
  end
  return found
end
`;
