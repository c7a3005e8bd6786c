/** What a refused begin means for the job that wanted it. */
import { assertNever, NodeyardError } from '../errors.js';
import type { Operation } from '../node/lifecycle.js';
import type { Refusal } from '../store/store.js';
import { later, type Outcome, settled } from './outcome.js';

/** Another run holds the lease: soon enough not to be felt, seldom enough not to load Redis. */
const LEASE_RETRY_MS = 2_000;

/** Throws UNKNOWN_NODE. */
export function outcomeOfRefusal(refusal: Refusal, operation: Operation, nodeId: string): Outcome {
  switch (refusal.refused) {
    case 'unknown-node':
      throw new NodeyardError('UNKNOWN_NODE', `there is no node ${JSON.stringify(nodeId)}`, {
        field: 'nodeId',
      });
    case 'lease-held':
      return later(LEASE_RETRY_MS, 'another run holds the lease');
    case 'wrong-state': {
      // The job came late: the node has been moved on by an earlier delivery, or its destruction was asked for since.
      const { node } = refusal;
      return node.state === 'FAILED' && node.failure?.operation === operation
        ? { kind: 'failed', failure: node.failure, node }
        : settled(node);
    }
    case 'stale-epoch':
    case 'fenced-off':
      return later(0, 'the node was taken by another run');
    default:
      return assertNever(refusal);
  }
}
