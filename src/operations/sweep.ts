/**
 * Queue state is never truth: a node that should have a job and has none gets a new one. A producer that died between
 * its record and its job, a job that stalled too often, an emptied queue: all end here.
 */
import { assertNever } from '../errors.js';
import type { Log } from '../log.js';
import type { Operation } from '../node/lifecycle.js';
import type { NodeRecord } from '../node/record.js';
import type { NodeStore } from '../store/store.js';

export interface SweepParts {
  readonly store: Pick<NodeStore, 'stranded' | 'attend'>;
  /** Whether a job of the node is still on its way. */
  readonly hasJob: (node: NodeRecord, operation: Operation) => Promise<boolean>;
  readonly addJob: (node: NodeRecord, operation: Operation) => Promise<void>;
  /** A node that has changed more recently is left alone: its job is just being added. */
  readonly minimumAgeMs: number;
  readonly log: Log;
}

/** Nodes looked at in one sweep; the rest of a longer line comes next time. */
const BATCH = 200;

/** Answers the ids of the nodes that got a job. */
export async function sweep({
  store,
  hasJob,
  addJob,
  minimumAgeMs,
  log,
}: SweepParts): Promise<readonly string[]> {
  const driven: string[] = [];
  for (const node of await store.stranded(BATCH, { olderThanMs: minimumAgeMs })) {
    const operation = operationFor(node);
    if (operation === undefined) continue;
    if (await hasJob(node, operation)) {
      // It goes to the end of the line, so that a long queue does not hide the node without a job behind it.
      await store.attend(node.id);
      continue;
    }
    log.warn({ nodeId: node.id, state: node.state }, 'node without a job; adding one');
    await addJob(node, operation);
    driven.push(node.id);
  }
  return driven;
}

function operationFor(node: NodeRecord): Operation | undefined {
  switch (node.state) {
    case 'REQUESTED':
    case 'CREATING':
      return 'create';
    case 'DESTRUCTION_REQUESTED':
    case 'DESTROYING':
      return 'destroy';
    case 'FAILED':
      return node.retryRequested ? 'create' : undefined;
    case 'CREATED':
    case 'STARTED':
    case 'INSERVICE':
    case 'SOFT_SUNSET':
    case 'HARD_SUNSET':
    case 'DESTROYED':
      return undefined;
    default:
      return assertNever(node.state);
  }
}
