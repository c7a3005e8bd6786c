/**
 * Destroys a node: every state document that may hold something of it, the canonical one and those in quarantine, is
 * destroyed by Terraform. DESTROYED is said only when none holds a managed resource any more.
 */
import { fail, judge, move, postpone } from './conclude.js';
import type { OperationDependencies } from './dependencies.js';
import { destroyCanonical } from './destroy-canonical.js';
import { operate } from './operate.js';
import type { Outcome } from './outcome.js';
import type { OperationRequest } from './request.js';
import { failureOfError, type RunFailure } from './run-failure.js';
import type { Session } from './session.js';

export function destroyNode(
  dependencies: OperationDependencies,
  request: OperationRequest,
): Promise<Outcome> {
  return operate(dependencies, 'destroy', request, (session) => destroy(dependencies, session));
}

async function destroy(dependencies: OperationDependencies, session: Session): Promise<Outcome> {
  const failure = await destroyAll(dependencies, session);
  if (failure === undefined) {
    // The record goes last: until it says DESTROYED, another run would look at the states again.
    await dependencies.states.remove(session.node.id, session.epoch);
    return move(dependencies, session, { to: 'DESTROYED' });
  }
  const { verdict, attempts } = await judge(dependencies, session, failure);
  if (verdict.kind === 'fail') {
    return fail(dependencies, session, failure, { attempts, retryable: verdict.retryable });
  }
  return postpone(dependencies, session, verdict, failure);
}

async function destroyAll(
  dependencies: OperationDependencies,
  session: Session,
): Promise<RunFailure | undefined> {
  try {
    return (
      (await destroyCanonical(dependencies, session)) ?? (await destroyQuarantined(dependencies, session))
    );
  } catch (error) {
    return failureOfError(error);
  }
}

/**
 * A stale run’s state may hold what the canonical one does not. The canonical one is empty by now, so each quarantined
 * document takes its place and is destroyed like it; its entry ends when nothing of it is left.
 */
async function destroyQuarantined(
  dependencies: OperationDependencies,
  session: Session,
): Promise<RunFailure | undefined> {
  const { states } = dependencies;
  const { id } = session.node;
  for (const { epoch } of await states.quarantined(id)) {
    const stored = await states.loadQuarantined(id, epoch);
    if (stored !== undefined) {
      const sequence = session.nextFirstSequence();
      await states.save(id, { epoch: session.epoch, sequence, document: stored.document });
      const failure = await destroyCanonical(dependencies, session);
      if (failure !== undefined) return failure;
    }
    await states.closeQuarantine(id, epoch);
  }
  return undefined;
}
