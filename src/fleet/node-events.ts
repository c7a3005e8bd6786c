/**
 * What a node’s own event does: its heartbeat is noted, and where it is due the node moves, by the store’s guarded writer. Every
 * step may be done again; of two events at once one moves the node and the other finds it moved.
 */
import { NodeyardError } from '../errors.js';
import { dueMove } from '../heartbeat/due.js';
import type { HeartbeatResult, Heartbeats, Standing } from '../heartbeat/heartbeats.js';
import type { Load } from '../heartbeat/load.js';
import type { NodeState } from '../node/lifecycle.js';
import type { NodeStore } from '../store/store.js';

export interface NodeEventSettings {
  /** How long a node may be silent (ms), unless its stack has said otherwise. */
  readonly silenceMs: number;
  readonly reinstate: boolean;
}

export interface NodeEventParts {
  readonly heartbeats: Pick<Heartbeats, 'beat'>;
  readonly store: Pick<NodeStore, 'transition'>;
  readonly settings: NodeEventSettings;
}

export interface SaidByNode {
  readonly load: Load;
  /** The node says that it has everything it needs. */
  readonly configured: boolean;
}

/** From CREATED or FAILED to INSERVICE and once more for an event that came at the same time. */
const MOST_MOVES = 4;

/** Answers the state in which the event leaves the node. Throws UNKNOWN_NODE, WRONG_STATE, INVALID_INPUT, REDIS_UNAVAILABLE. */
export async function takeNodeEvent(
  { heartbeats, store, settings }: NodeEventParts,
  nodeId: string,
  { load, configured }: SaidByNode,
): Promise<NodeState> {
  const { silenceMs, reinstate } = settings;
  let standing = heard(nodeId, await heartbeats.beat(nodeId, { load, silenceMs }));
  for (let moves = 0; moves < MOST_MOVES; moves += 1) {
    const move = dueMove(standing, { configured, reinstate });
    if (move === undefined) break;
    const result = await store.transition(nodeId, {
      to: move.to,
      actor: 'node',
      reason: move.reason,
      expected: [standing.state],
      epoch: standing.epoch,
    });
    if ('refused' in result && result.refused === 'unknown-node') throw unknownNode(nodeId);
    // Where it moved meanwhile, it is led on from there; a failure that came meanwhile waits for the next event.
    standing = { state: result.node.state, epoch: result.node.epoch, configures: standing.configures };
  }
  return standing.state;
}

function heard(nodeId: string, result: HeartbeatResult): Standing {
  if ('standing' in result) return result.standing;
  if (result.refused === 'unknown-node') throw unknownNode(nodeId);
  throw new NodeyardError(
    'WRONG_STATE',
    `node ${nodeId} is ${result.state}: it has nothing to say yet, or any more`,
  );
}

const unknownNode = (nodeId: string): NodeyardError =>
  new NodeyardError('UNKNOWN_NODE', `there is no node ${JSON.stringify(nodeId)}`, { field: 'nodeId' });
