/** The two scripts that end a lease’s present term: renew makes it longer, release ends it. */
import type { Ask } from './prelude.js';
import { ASK, ATTENTION, NODE } from './prelude.js';

interface ClaimAsk extends Ask {
  readonly epoch: number;
  readonly holder: string;
}
export interface RenewAsk extends ClaimAsk {
  readonly leaseMs: number;
}
export interface ReleaseAsk extends ClaimAsk {
  /** Everything that earlier runs made is known. */
  readonly earlier: boolean;
  /** So is everything that this one made. */
  readonly own: boolean;
}

// The epoch is the fence: a lease that ran out and that nobody took is still its holder’s.
const HOLDS = `
local function holds(node)
  return node and epoch_of(node) == ask.epoch and node.leaseHolder == ask.holder
end
`;

/** KEYS[1] = the node. Answers { { state, expiry } }, or {} when the lease is not the holder’s. */
export const RENEW = `
${ASK}${NODE}${ATTENTION}${HOLDS}
local node = load(KEYS[1])
if not holds(node) then return {} end
write(node, { leaseExpiresAt = now + ask.leaseMs })
note_attention(node)
return { { node.state, now + ask.leaseMs } }
`;

/**
 * KEYS[1] = the node. Answers 1 or 0. Also the only place where a node’s `accounted` changes: up where the run knows of everything,
 * down where a run ends that is not the node’s any more (another has begun, or Redis has lost its begin), because what it made was
 * not all there when the other one asked.
 */
export const RELEASE = `
${ASK}${NODE}${ATTENTION}${HOLDS}
local node = load(KEYS[1])
if not holds(node) then
  if node and not TERMINAL[node.state] then
    local before = math.min(ask.epoch, epoch_of(node)) - 1
    write(node, { accounted = math.max(0, math.min(accounted_of(node), before)), lateEnd = '1' })
  end
  return 0
end
local known = accounted_of(node)
if ask.earlier then known = math.max(known, ask.epoch - 1) end
if ask.own and known == ask.epoch - 1 then known = ask.epoch end
if node.lateEnd ~= '1' then write(node, { accounted = known }) end
write(node, { runEndedAt = now })
clear(node, { 'leaseHolder', 'leaseExpiresAt' })
note_attention(node)
return 1
`;
