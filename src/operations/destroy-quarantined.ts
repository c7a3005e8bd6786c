/**
 * Destroys what a quarantined document holds and the canonical one of its node does not, by a Terraform run of its own, and
 * ends the entry. The node may live, be destroyed or be forgotten: its canonical document is read, never written.
 */
import { NodeyardError } from '../errors.js';
import { inspectState } from '../state/document.js';
import { beyond } from '../state/forget.js';
import type { QuarantinePlace } from '../state/quarantine.js';
import type { OperationDependencies } from './dependencies.js';
import { type DestroyConfiguration, destroyDocument } from './destroy-document.js';
import { QuarantineSession } from './quarantine-session.js';
import { failureOfError, type RunFailure } from './run-failure.js';
import { accountOf, storedConfiguration, synthesizeForDestroy } from './synthesize-node.js';

export interface DestroyQuarantinedRequest extends QuarantinePlace {
  /** When an entry whose destruction failed is due again, by how often it was tried. */
  readonly retry: { readonly firstMs: number; readonly maxMs: number };
  /** Gets the session as soon as the entry is claimed, to be able to stop it. */
  readonly onSession?: (session: QuarantineSession) => void;
  readonly abandon?: AbortSignal;
}

export type DestroyedQuarantined =
  | { readonly kind: 'ended' }
  /** The stale run has written a newer document meanwhile: another look follows. */
  | { readonly kind: 'changed' }
  /** Somebody else is at it, or has ended it. */
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly failure: RunFailure };

export async function destroyQuarantined(
  dependencies: OperationDependencies,
  request: DestroyQuarantinedRequest,
): Promise<DestroyedQuarantined> {
  const session = await QuarantineSession.open(dependencies, request, request.abandon);
  if (typeof session === 'string') return { kind: 'passed' };
  request.onSession?.(session);
  let waitMs = 0;
  try {
    const failure = await destroyBeyond(dependencies, session);
    if (failure === undefined) {
      const ended = await dependencies.quarantine.end(session.claim);
      return { kind: ended ? 'ended' : 'changed' };
    }
    if (session.stopReason === undefined) {
      const { firstMs, maxMs } = request.retry;
      waitMs = Math.min(maxMs, firstMs * 2 ** (session.claim.number - 1));
      session.log.warn(
        { failure, tried: session.claim.number },
        'a quarantined state could not be destroyed',
      );
      await session.note(
        `what the quarantined state of epoch ${session.epoch} holds could not be destroyed: ${failure.code}: ${failure.message}`,
      );
    }
    return { kind: 'failed', failure };
  } finally {
    await session.end(waitMs);
  }
}

async function destroyBeyond(
  dependencies: OperationDependencies,
  session: QuarantineSession,
): Promise<RunFailure | undefined> {
  const { states, store, quarantine } = dependencies;
  const { nodeId, epoch, claim, entry } = session;
  try {
    const canonical = await states.load(nodeId);
    const { document } = entry.stored;
    const left = canonical === undefined ? document : beyond(document, canonical.document);
    const { addresses } = inspectState(left);
    if (addresses.length === 0) {
      await session.note(`the quarantined state of epoch ${epoch} holds nothing that the node does not own`);
      return undefined;
    }
    const node = await store.get(nodeId);
    const failure = await destroyDocument(dependencies, session, {
      document: left,
      account: node === undefined ? `quarantine of ${nodeId}` : accountOf(dependencies, node),
      configure: () => configurationOf(dependencies, session),
      // For this run the entry is where its state belongs.
      save: async (bytes) => ((await quarantine.amend(claim, bytes)) ? 'canonical' : 'superseded'),
    });
    if (failure !== undefined) return failure;
    await session.note(
      `destroyed what only the quarantined state of epoch ${epoch} held: ${addresses.join(', ')}`,
    );
    return undefined;
  } catch (error) {
    return failureOfError(error);
  }
}

/**
 * First the one that made what is destroyed: the node may have been given another since, or be another node by the same
 * name. Throws CONFIGURATION where nobody knows any.
 */
async function configurationOf(
  dependencies: OperationDependencies,
  { nodeId, entry, log }: QuarantineSession,
): Promise<DestroyConfiguration> {
  if (entry.configuration !== undefined) return storedConfiguration(entry.configuration);
  const node = await dependencies.store.get(nodeId);
  if (node !== undefined) return synthesizeForDestroy(dependencies, node, log);
  const stored = await dependencies.states.loadConfiguration(nodeId);
  if (stored !== undefined) return storedConfiguration(stored);
  const message = `no configuration is kept of ${nodeId}: destroy by hand what its quarantined state holds (\`nodeyard state export\`)`;
  throw new NodeyardError('CONFIGURATION', message);
}
