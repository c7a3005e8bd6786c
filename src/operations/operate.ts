/** What every operation does around its own work: recovery first, then the lease, and the lease given back at the end. */
import type { Operation } from '../node/lifecycle.js';
import type { OperationDependencies } from './dependencies.js';
import { endedRun } from './listener.js';
import { later, type Outcome } from './outcome.js';
import { outcomeOfRefusal } from './refusal.js';
import type { OperationRequest } from './request.js';
import { Session } from './session.js';
import { accountOf } from './synthesize-node.js';

/** An earlier run of the node is still ending on this machine. */
const BUSY_RETRY_MS = 1_000;
const UNRECOVERED_RETRY_MS = 15_000;
const BRAKED_RETRY_MS = 1_000;

export async function operate(
  dependencies: OperationDependencies,
  operation: Operation,
  request: OperationRequest,
  work: (session: Session) => Promise<Outcome>,
): Promise<Outcome> {
  try {
    if ((await dependencies.recovery.node(request.nodeId)) === 'busy') {
      return later(BUSY_RETRY_MS, 'an earlier run of the node is still ending');
    }
  } catch (error) {
    // To run without what that run left would fork the state; a person has to look, or Redis has to come back.
    dependencies.log.error(
      { nodeId: request.nodeId, error: String(error) },
      'an earlier run cannot be recovered',
    );
    return later(UNRECOVERED_RETRY_MS, 'an earlier run cannot be recovered');
  }
  if (await isBraked(dependencies, request.nodeId)) {
    return later(BRAKED_RETRY_MS, 'the account’s cloud asks for fewer calls');
  }
  const session = await Session.open(dependencies, { ...request, operation });
  if ('refused' in session) return outcomeOfRefusal(session, operation, request.nodeId);
  request.onSession?.(session);
  const { listener, monotonic } = dependencies;
  const began = monotonic();
  let outcome: Outcome | undefined;
  try {
    outcome = await work(session);
    return outcome;
  } finally {
    await session.end();
    listener.runEnded(endedRun(session, outcome, monotonic() - began));
  }
}

async function isBraked(dependencies: OperationDependencies, nodeId: string): Promise<boolean> {
  if (!dependencies.brake.engaged) return false;
  const node = await dependencies.store.get(nodeId);
  return node !== undefined && !dependencies.brake.mayStart(accountOf(dependencies, node));
}
