/** Whether a heartbeat moves its node, and where. Pure: the state store does it, if the node still stands there. */
import type { NodeState } from '../node/lifecycle.js';
import type { Standing } from './heartbeats.js';

export interface Said {
  /** The node says that it has everything it needs. */
  readonly configured: boolean;
  /** Whether a node that was given up for its silence goes back to work when it speaks again. */
  readonly reinstate: boolean;
}

export interface Move {
  readonly to: NodeState;
  readonly reason: string;
}

/** One step; the next follows from where it leads. */
export function dueMove(standing: Standing, { configured, reinstate }: Said): Move | undefined {
  const ready = configured || !standing.configures;
  switch (standing.state) {
    case 'CREATED':
      return { to: 'STARTED', reason: 'its first event' };
    case 'STARTED':
      return ready
        ? { to: 'INSERVICE', reason: configured ? 'configured' : 'nothing to configure' }
        : undefined;
    case 'FAILED':
      return reinstate ? reinstated(standing, ready) : undefined;
    default:
      return undefined;
  }
}

/**
 * Only what was given up for nothing but its silence: an operator’s word, a resource that is missing in the cloud or a
 * failed run is not answered by a heartbeat. One that had not been in service yet has to be ready for it.
 */
function reinstated({ failure }: Standing, ready: boolean): Move | undefined {
  if (failure?.code !== 'HEARTBEAT_LOST') return undefined;
  const reason = 'its events have resumed';
  if (failure.from === 'SOFT_SUNSET') return { to: 'SOFT_SUNSET', reason };
  return failure.from === 'INSERVICE' || ready ? { to: 'INSERVICE', reason } : undefined;
}
