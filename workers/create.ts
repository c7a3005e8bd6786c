/** Consumes nodeyard-create: makes the record where a job carries the whole request, then creates the node. */
import { createHash } from 'node:crypto';
import { newNodeId } from '../src/client.js';
import type { ValidNodeRequest } from '../src/node/request.js';
import { createNode } from '../src/operations/create.js';
import type { OperationDependencies } from '../src/operations/dependencies.js';
import { later } from '../src/operations/outcome.js';
import { parseCreateJob } from '../src/queue/jobs.js';
import type { Delivery, Handler } from './consume.js';
import type { RunningOperations } from './running.js';

export interface HandlerDependencies {
  readonly operations: OperationDependencies;
  readonly running: RunningOperations;
  /** Fires when a shutdown’s patience ends. */
  readonly abandon: AbortSignal;
}

export function createHandler({ operations, running, abandon }: HandlerDependencies): Handler {
  return async (delivery) => {
    const data = parseCreateJob(delivery.data);
    const nodeId = 'nodeId' in data ? data.nodeId : await recordRequest(operations, delivery, data.node);
    const other = running.find(nodeId);
    if (other !== undefined) {
      await other.ended;
      // Delivered anew, so that BullMQ renews the lock of this delivery and not of the one that has just ended.
      return later(0, 'the node’s operation ran in this process');
    }
    return running.run(nodeId, 'create', (started) =>
      createNode(operations, {
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

/**
 * Records a request that came with its job. A job without an id or a request id of its own is named by what BullMQ calls
 * it, so that a second delivery finds the node that the first one made.
 */
async function recordRequest(
  { store }: OperationDependencies,
  delivery: Delivery,
  request: ValidNodeRequest,
): Promise<string> {
  const named = request.id !== undefined || request.requestId !== undefined;
  const requestId = request.requestId ?? (named ? undefined : requestIdOf(delivery));
  const { node } = await store.create(
    { ...request, id: request.id ?? newNodeId(), ...(requestId === undefined ? {} : { requestId }) },
    { actor: 'producer', reason: `job ${delivery.ref.id}` },
  );
  await store.attend(node.id, delivery.ref.id);
  return node.id;
}

function requestIdOf({ ref, addedAt }: Delivery): string {
  return `job-${createHash('sha256').update(`${ref.queue}/${ref.id}/${addedAt}`).digest('hex').slice(0, 32)}`;
}
