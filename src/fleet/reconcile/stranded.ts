/**
 * Queue state is never truth: a node that should have a job and has none gets a new one. A producer that died between
 * its record and its job, a job that stalled too often, an emptied queue: all end here.
 */
import { assertNever } from '../../errors.js';
import type { Operation } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import { defineRule, type Finding } from './rule.js';

/** Nodes looked at in one go; the rest of a longer line comes next time. */
const BATCH = 200;

interface Stranded extends Finding {
  readonly node: NodeRecord;
  readonly operation: Operation;
}

export const stranded = defineRule<Stranded>('stranded', {
  async find({ store, jobs, settings }) {
    const nodes = await store.stranded(BATCH, { olderThanMs: settings.strandedAfterMs });
    const found: Stranded[] = [];
    for (const node of nodes) {
      const operation = operationFor(node);
      if (operation === undefined) continue;
      const waits = await jobs.has(node, operation);
      found.push({
        rule: 'stranded',
        nodeId: node.id,
        action: waits ? 'attend' : `add a ${operation} job`,
        reason: waits ? 'its job waits its turn' : `${node.state} and no job is on its way`,
        routine: waits,
        node,
        operation,
      });
    }
    return found.sort((a, b) => order(a) - order(b));
  },

  async act({ store, jobs, log }, { node, operation, routine, reason }) {
    if (routine === true) {
      // It goes to the end of the line, so that a long queue does not hide the node without a job behind it.
      await store.attend(node.id);
      return 'done';
    }
    log.warn({ nodeId: node.id, state: node.state }, 'node without a job; adding one');
    await jobs.add(node, operation);
    await store.note(node.id, { actor: 'reconciler', reason: `${reason}: a ${operation} job was added` });
    return 'done';
  },
});

/** What costs money goes first. */
const order = ({ operation }: Stranded): number => (operation === 'destroy' ? 0 : 1);

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
