/** The two scripts that end a lease’s present term: renew makes it longer, release ends it. */
import type { Ask } from './prelude.js';
import { ASK, ATTENTION, NODE } from './prelude.js';

export interface ReleaseAsk extends Ask {
  readonly epoch: number;
  readonly holder: string;
}
export interface RenewAsk extends ReleaseAsk {
  readonly leaseMs: number;
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

/** KEYS[1] = the node. Answers 1 or 0. */
export const RELEASE = `
${ASK}${NODE}${ATTENTION}${HOLDS}
local node = load(KEYS[1])
if not holds(node) then return 0 end
clear(node, { 'leaseHolder', 'leaseExpiresAt' })
note_attention(node)
return 1
`;
