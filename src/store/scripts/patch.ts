import { ASK, type Ask, NODE } from './prelude.js';

export interface PatchAsk extends Ask {
  readonly epoch: number;
  readonly set: Readonly<Record<string, string>>;
}

/** KEYS[1] = the node. Answers 1, or 0 when the epoch is stale or the node is a tombstone. */
export const PATCH = `
${ASK}${NODE}
local node = load(KEYS[1])
if not node or epoch_of(node) ~= ask.epoch or TERMINAL[node.state] then return 0 end
write(node, ask.set)
write(node, { updatedAt = now })
return 1
`;
