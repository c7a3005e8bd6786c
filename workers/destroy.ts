/** Consumes nodeyard-destroy: makes sure that the destruction is asked for, stops a create at work, destroys the node. */
import { NodeyardError } from '../src/errors.js';
import type { NodeRecord } from '../src/node/record.js';
import { destroyNode } from '../src/operations/destroy.js';
import { later, settled } from '../src/operations/outcome.js';
import { jobIdOf, parseDestroyJob } from '../src/queue/jobs.js';
import type { NodeStore } from '../src/store/store.js';
import type { Handler } from './consume.js';
import type { HandlerDependencies } from './create.js';

export function destroyHandler({ operations, running, abandon }: HandlerDependencies): Handler {
  const { store } = operations;
  return async (delivery) => {
    const data = parseDestroyJob(delivery.data);
    const nodeId = 'nodeId' in data ? data.nodeId : await findNode(store, data.node);
    const node = await askForDestruction(store, nodeId, delivery.ref.id);
    if (node.state === 'DESTROYED') return settled(node);
    if (node.state === 'FAILED' && node.failure !== undefined) {
      return { kind: 'failed', failure: node.failure, node };
    }
    for (let other = running.find(nodeId); other !== undefined; other = running.find(nodeId)) {
      if (other.operation === 'create') running.stop(nodeId, 'cancelled');
      await other.ended;
      // Delivered anew, for the same reason as a create; after a create another destroy job may have been quicker.
      if (other.operation === 'destroy') return later(0, 'the node’s operation ran in this process');
    }
    return running.run(nodeId, 'destroy', (started) =>
      destroyNode(operations, {
        nodeId,
        job: delivery.ref,
        onProgress: delivery.onProgress,
        onSession: started,
        logLine: delivery.logLine,
        abandon,
      }),
    );
  };
}

/** FAILED after its destruction had been asked for, whatever it was that failed. */
const wasGivenUp = ({ state, failedDestroys }: NodeRecord): boolean =>
  state === 'FAILED' && failedDestroys !== undefined;

const hasDriven = ({ id, jobId, generation }: NodeRecord, job: string): boolean =>
  job === jobId || job === jobIdOf('destroy', id, generation);

async function findNode(
  store: NodeStore,
  { id, requestId }: { id?: string | undefined; requestId?: string | undefined },
): Promise<string> {
  if (id !== undefined) return id;
  const node = requestId === undefined ? undefined : await store.findByRequestId(requestId);
  if (node === undefined) {
    throw new NodeyardError('UNKNOWN_NODE', `no node was made by request ${JSON.stringify(requestId)}`, {
      field: 'node.requestId',
    });
  }
  return node.id;
}

/**
 * A producer’s job is itself the request; for a job that the client added this changes nothing. One that comes again after the
 * destruction was given up changes nothing either: from there on the reconciler’s schedule says when it is tried.
 */
async function askForDestruction(store: NodeStore, nodeId: string, jobId: string): Promise<NodeRecord> {
  const known = await store.get(nodeId);
  if (known !== undefined && wasGivenUp(known) && hasDriven(known, jobId)) return known;
  const result = await store.transition(nodeId, {
    to: 'DESTRUCTION_REQUESTED',
    actor: 'producer',
    reason: `job ${jobId}`,
  });
  if (!('refused' in result)) {
    if (result.changed) await store.attend(nodeId, jobId);
    return result.node;
  }
  if (result.refused === 'unknown-node') {
    throw new NodeyardError('UNKNOWN_NODE', `there is no node ${JSON.stringify(nodeId)}`, {
      field: 'nodeId',
    });
  }
  return result.node;
}
