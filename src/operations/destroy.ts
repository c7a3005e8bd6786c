/**
 * Destroys a node: every state document that may hold something of it, the canonical one and those in quarantine, is destroyed by
 * Terraform; then what no document holds, where a run is not sure of what it made. DESTROYED is said only when nothing is left.
 */
import { fail, judge, move, postpone } from './conclude.js';
import type { OperationDependencies } from './dependencies.js';
import { destroyBeneath } from './destroy-beneath.js';
import { destroyCanonical } from './destroy-canonical.js';
import { operate } from './operate.js';
import type { Outcome } from './outcome.js';
import type { OperationRequest } from './request.js';
import { failureOfError, type RunFailure } from './run-failure.js';
import type { Session } from './session.js';
import { clearStrays } from './strays.js';

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
    const destroyStates = async () =>
      (await destroyCanonical(dependencies, session)) ?? (await destroyQuarantined(dependencies, session));
    do {
      const failure =
        (await destroyBeneath(dependencies, session, destroyStates)) ??
        (await clearStrays(dependencies, session, 'nothing'));
      if (failure !== undefined) return failure;
      // While the cloud was asked, a stale run may have brought a document.
    } while ((await dependencies.states.quarantined(session.node.id)).length > 0);
    return undefined;
  } catch (error) {
    return failureOfError(error);
  }
}

/**
 * A stale run’s state may hold what the canonical one does not. The canonical one is empty by now, so each quarantined
 * document takes its place and is destroyed like it. The reconciler may be at an entry: then it is waited for.
 */
async function destroyQuarantined(
  dependencies: OperationDependencies,
  session: Session,
): Promise<RunFailure | undefined> {
  const { states, quarantine, settings } = dependencies;
  const { id } = session.node;
  for (const { epoch } of await states.quarantined(id)) {
    const lease = { holder: session.holder, leaseMs: settings.lease.ttlMs };
    const claimed = await quarantine.claim({ nodeId: id, epoch }, lease);
    if (claimed === 'held') return beingCleanedUp(epoch);
    if (claimed === 'unknown') continue;
    const sequence = session.nextFirstSequence();
    await states.save(id, { epoch: session.epoch, sequence, document: claimed.stored.document });
    // It is the node’s own from here on; a newer document of the stale run keeps its entry.
    await quarantine.end(claimed.claim);
    const failure = await destroyCanonical(dependencies, session);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

const beingCleanedUp = (epoch: number): RunFailure => ({
  code: 'LEASE_HELD',
  message: `the quarantined state of epoch ${epoch} is being destroyed by the reconciler`,
  diagnostics: [],
});
