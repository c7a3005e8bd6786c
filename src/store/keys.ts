/**
 * The store’s own Redis keys. Scripts compose key names as well, so the prefixes are exported and interpolated into
 * them (`scripts/prelude.ts`); no key is spelled twice.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `node:<id>` | hash | the record (`record-codec.ts`) |
 * | `nodes:<state>:<group>:<role>` | zset | ids by creation sequence; an empty part stands for "any" |
 * | `sequence` | integer | the last creation sequence given out |
 * | `request:<requestId>` | string | the id of the node that the request made |
 * | `history:<id>` | list | the node’s last events as JSON, `[position, [name, value, …]]` as in the stream |
 * | `events` | stream | the events of all nodes |
 * | `since:<state>` | zset | ids of the nodes in a state that is not the end, by the time since which they are in it |
 * | `expiries` | zset | ids of the nodes whose time to live counts, by its end |
 * | `expiries-unwarned` | zset | those of them that nobody has warned of |
 * | `failed-destroys` | zset | ids of the nodes whose destruction failed, by the time of the next try |
 * | `failed-destroys-since` | zset | ids of the nodes whose destruction failed and is not confirmed yet, by the first failure |
 * | `unattended` | zset | nodes that should be driven, by the time since which (or until which) somebody drives them |
 * | `fleet` | string | the id that every resource of this fleet bears |
 * | `state-times` | hash | how long nodes were in each state (`state-times.ts`) |
 * | `tombstones` | zset | destroyed nodes by the time of their end |
 */
import { KEY_PREFIX, nodeKey } from '../node/keys.js';
import type { NodeState } from '../node/lifecycle.js';

export {
  COMMANDS_KEY_PREFIX,
  EXPIRING_COMMANDS_KEY,
  HEARTBEAT_KEY_PREFIX,
  LOAD_KEY_PREFIX,
  WAITING_COMMANDS_KEY_PREFIX,
  WATCHED_KEY,
} from '../node/keys.js';

export const NODE_KEY_PREFIX = nodeKey('');
export const INDEX_KEY_PREFIX = `${KEY_PREFIX}nodes:`;
export const REQUEST_KEY_PREFIX = `${KEY_PREFIX}request:`;
export const HISTORY_KEY_PREFIX = `${KEY_PREFIX}history:`;
export const SEQUENCE_KEY = `${KEY_PREFIX}sequence`;
export const EVENTS_KEY = `${KEY_PREFIX}events`;
export const UNATTENDED_KEY = `${KEY_PREFIX}unattended`;
export const SINCE_KEY_PREFIX = `${KEY_PREFIX}since:`;
export const EXPIRIES_KEY = `${KEY_PREFIX}expiries`;
export const UNWARNED_KEY = `${KEY_PREFIX}expiries-unwarned`;
export const FAILED_DESTROYS_KEY = `${KEY_PREFIX}failed-destroys`;
export const FLEET_KEY = `${KEY_PREFIX}fleet`;
export const FAILED_DESTROYS_SINCE_KEY = `${KEY_PREFIX}failed-destroys-since`;
export const STATE_TIMES_KEY = `${KEY_PREFIX}state-times`;
export const TOMBSTONES_KEY = `${KEY_PREFIX}tombstones`;

export const requestKey = (requestId: string): string => `${REQUEST_KEY_PREFIX}${requestId}`;
export const sinceKey = (state: NodeState): string => `${SINCE_KEY_PREFIX}${state}`;
export const historyKey = (nodeId: string): string => `${HISTORY_KEY_PREFIX}${nodeId}`;

export interface IndexPart {
  readonly state?: NodeState | undefined;
  readonly group?: string | undefined;
  readonly role?: string | undefined;
}

/** The zset of the nodes that match every given part. Names never hold a `:`, so no two combinations share a key. */
export const indexKey = ({ state, group, role }: IndexPart): string =>
  `${INDEX_KEY_PREFIX}${state ?? ''}:${group ?? ''}:${role ?? ''}`;
