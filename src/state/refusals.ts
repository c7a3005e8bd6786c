/** Why the repository does not do what it was asked, in words. */
import { NodeyardError } from '../errors.js';

/** Cannot be while Redis keeps what it has confirmed: the store gave the epoch out, and the record does not know it. */
export function aheadOf(nodeId: string, epoch: number): NodeyardError {
  return new NodeyardError(
    'LEASE_LOST',
    `the record of ${nodeId} does not know epoch ${epoch}: Redis has lost what it had confirmed`,
  );
}

export function refusedImport(
  nodeId: string,
  why: 'unknown-node' | 'destroyed' | 'lease-held',
): NodeyardError {
  switch (why) {
    case 'unknown-node':
      return new NodeyardError('UNKNOWN_NODE', `there is no node ${nodeId}`);
    case 'destroyed':
      return new NodeyardError(
        'WRONG_STATE',
        `${nodeId} is destroyed: no run would ever own what a state of it holds`,
      );
    case 'lease-held':
      return new NodeyardError('LEASE_HELD', `a worker is at ${nodeId}; its state cannot be replaced now`);
  }
}
