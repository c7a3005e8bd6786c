/** Destroys what the node’s canonical document holds. */
import type { OperationDependencies } from './dependencies.js';
import { destroyDocument } from './destroy-document.js';
import type { RunFailure } from './run-failure.js';
import type { Session } from './session.js';
import { accountOf, synthesizeForDestroy } from './synthesize-node.js';

/** Answers undefined when nothing is left. */
export async function destroyCanonical(
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
