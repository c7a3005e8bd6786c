/**
 * What a node’s own document holds may have something else standing upon it: a machine that only a quarantined document holds, or
 * none at all, uses the security group that the node’s own names. Then the one waits for the other, and would do so for ever.
 */
import type { OperationDependencies } from './dependencies.js';
import { destroyQuarantined } from './destroy-quarantined.js';
import type { QuarantineSession } from './quarantine-session.js';
import type { RunFailure } from './run-failure.js';
import type { Session, StopReason } from './session.js';
import { clearStrays } from './strays.js';

/** An entry that could not be ended is due again at once: the operation comes again. */
const AT_ONCE = { firstMs: 0, maxMs: 0 };

/** Where something stands in the way of `destroy`, that goes first, and then it is tried once more. */
export async function destroyBeneath(
  dependencies: OperationDependencies,
  session: Session,
  destroy: () => Promise<RunFailure | undefined>,
): Promise<RunFailure | undefined> {
  const failure = await destroy();
  if (failure?.code !== 'DEPENDENCY') return failure;
  const ended = await endQuarantined(dependencies, session);
  const cleared = await clearUnknown(dependencies, session);
  return ended || cleared ? destroy() : failure;
}

/** What only quarantined documents hold is destroyed where it lies. Answers whether anything was. */
async function endQuarantined(dependencies: OperationDependencies, session: Session): Promise<boolean> {
  const { id: nodeId } = session.node;
  let ended = false;
  for (const { epoch } of await dependencies.states.quarantined(nodeId)) {
    if (session.stopReason !== undefined) break;
    let work: QuarantineSession | undefined;
    let stopped: StopReason | undefined;
    const onSession = (opened: QuarantineSession): void => {
      work = opened;
      if (stopped !== undefined) opened.stop(stopped);
    };
    const abandon = session.abandon === undefined ? {} : { abandon: session.abandon };
    const { kind } = await session.whileRunning(
      (reason) => {
        stopped = reason;
        work?.stop(reason);
      },
      destroyQuarantined(dependencies, { nodeId, epoch, retry: AT_ONCE, onSession, ...abandon }),
    );
    if (kind === 'ended') ended = true;
  }
  return ended;
}

/** Answers whether the cloud was asked and nothing is left that no state holds. */
async function clearUnknown(dependencies: OperationDependencies, session: Session): Promise<boolean> {
  if (session.accounting.complete) return false;
  await clearStrays(dependencies, session, 'what-can-wait');
  return session.accounting.complete;
}
