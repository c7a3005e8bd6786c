/** What every operation does around its own work: recovery first, then the lease, and the lease given back at the end. */
import type { Operation } from '../node/lifecycle.js';
import type { OpenSpan } from '../tracing/tracing.js';
import type { OperationDependencies } from './dependencies.js';
import { endedRun } from './listener.js';
import { later, type Outcome } from './outcome.js';
import { outcomeOfRefusal } from './refusal.js';
import type { OperationRequest } from './request.js';
import { Session } from './session.js';
import { factsOf } from './span-facts.js';
import { accountOf } from './synthesize-node.js';

/** An earlier run of the node is still ending on this machine. */
const BUSY_RETRY_MS = 1_000;
const UNRECOVERED_RETRY_MS = 15_000;
const BRAKED_RETRY_MS = 1_000;

type Work = (session: Session) => Promise<Outcome>;

export function operate(
  dependencies: OperationDependencies,
  operation: Operation,
  request: OperationRequest,
  work: Work,
): Promise<Outcome> {
  const { nodeId } = request;
  return dependencies.tracing.span('operation', { operation, nodeId }, (span) =>
    operateWithin(span, dependencies, operation, request, work),
  );
}

async function operateWithin(
  span: OpenSpan,
  dependencies: OperationDependencies,
  operation: Operation,
  request: OperationRequest,
  work: Work,
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
  span.note(factsOf(session));
  request.onSession?.(session);
  const { listener, monotonic } = dependencies;
  const began = monotonic();
  let outcome: Outcome | undefined;
  try {
    outcome = await work(session);
    return outcome;
  } finally {
    await session.end();
    const ended = endedRun(session, outcome, monotonic() - began);
    span.note({
      outcome: ended.outcome,
      code: outcome?.kind === 'failed' ? outcome.failure.code : undefined,
    });
    listener.runEnded(ended);
  }
}

async function isBraked(dependencies: OperationDependencies, nodeId: string): Promise<boolean> {
  if (!dependencies.brake.engaged) return false;
  const node = await dependencies.store.get(nodeId);
  return node !== undefined && !dependencies.brake.mayStart(accountOf(dependencies, node));
}
