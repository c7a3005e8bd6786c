/**
 * The Redis keys of heartbeats. The first three are also written by the scripts that move a node (src/store), so that what is
 * kept always fits its state.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `heartbeat:<id>` | hash | of a node that was heard of, or that should be: `seen`, `load` (JSON), `limitMs`, `silenceMs`, `configures` |
 * | `watched` | zset | ids of the nodes whose silence counts, by the time at which they have been silent for too long |
 * | `load:<group>:<role>` | zset | ids of the INSERVICE nodes by their connections: the least loaded first, for routing |
 * | `listening` | hash | since when and until when heartbeats could be received without a gap: `since`, `until` |
 */
import { HEARTBEAT_KEY_PREFIX, KEY_PREFIX } from '../node/keys.js';

export { LOAD_KEY_PREFIX, WATCHED_KEY } from '../node/keys.js';

export const LISTENING_KEY = `${KEY_PREFIX}listening`;

export const heartbeatKey = (nodeId: string): string => `${HEARTBEAT_KEY_PREFIX}${nodeId}`;
