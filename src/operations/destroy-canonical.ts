/**
 * Destroys what the node’s canonical document holds. Where something still uses a part of it, that may be what an earlier run
 * made and no document holds: a machine in the node’s own group, or that its volume hangs on its machine. It would keep the node from its
 * end for ever.
 */
import type { OperationDependencies } from './dependencies.js';
import { destroyDocument } from './destroy-document.js';
import type { RunFailure } from './run-failure.js';
import type { Session } from './session.js';
import { clearTheWay } from './strays.js';
import { accountOf, synthesizeForDestroy } from './synthesize-node.js';

/** Answers undefined when nothing is left. */
export async function destroyCanonical(
  dependencies: OperationDependencies,
  session: Session,
): Promise<RunFailure | undefined> {
  const failure = await destroyStored(dependencies, session);
  if (failure?.code !== 'DEPENDENCY') return failure;
  // Where nothing was in the way that may be ended, the next try comes as it would have come.
  return (await clearTheWay(dependencies, session)) ? destroyStored(dependencies, session) : failure;
}

async function destroyStored(
  dependencies: OperationDependencies,
  session: Session,
): Promise<RunFailure | undefined> {
  const { states } = dependencies;
  const { node, epoch } = session;
  const stored = await states.load(node.id);
  if (stored === undefined) return undefined;
  return destroyDocument(dependencies, session, {
    document: stored.document,
    account: accountOf(dependencies, node),
    configure: () => synthesizeForDestroy(dependencies, node, session.log),
    save: (document, sequence) => states.save(node.id, { epoch, sequence, document }),
  });
}
