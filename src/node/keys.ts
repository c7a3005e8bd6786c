/**
 * The Redis keys that more than one part reads. All keys live under one hash tag, so that scripts stay atomic on a
 * cluster. Fields of the node’s hash that fence other parts’ writes are named here as well.
 */
export const KEY_PREFIX = '{nodeyard}:';

/** Hash with everything that is known of a node. */
export const nodeKey = (nodeId: string): string => `${KEY_PREFIX}node:${nodeId}`;

/** Fields of that hash which fence the writes of others. */
export const FENCE_FIELDS = {
  /** Decimal integer; absent or 0 before the first run. */
  epoch: 'epoch',
  /** Empty or absent when nobody holds the lease. */
  leaseHolder: 'leaseHolder',
  /** Milliseconds since 1970, by the clock of Redis. */
  leaseExpiresAt: 'leaseExpiresAt',
  state: 'state',
} as const;

/**
 * What is heard of nodes (src/heartbeat/keys.ts). Kept in step with the state by whoever moves the node, so that it ends
 * with the node.
 */
export const HEARTBEAT_KEY_PREFIX = `${KEY_PREFIX}heartbeat:`;
export const WATCHED_KEY = `${KEY_PREFIX}watched`;
export const LOAD_KEY_PREFIX = `${KEY_PREFIX}load:`;

/** What nodes are told to do (src/commands/keys.ts); it ends with the node as well. */
export const COMMANDS_KEY_PREFIX = `${KEY_PREFIX}commands:`;
export const WAITING_COMMANDS_KEY_PREFIX = `${KEY_PREFIX}commands-waiting:`;
export const EXPIRING_COMMANDS_KEY = `${KEY_PREFIX}commands-expiring`;
