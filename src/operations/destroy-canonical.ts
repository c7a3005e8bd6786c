/**
 * Destroys what the node’s state holds. The ladder: a normal destroy, which looks at the real resources first; where
 * that look itself fails (a data source is gone, the credentials may not read), a destroy without it.
 */
import { ERROR_KINDS } from '../errors.js';
import { inspectState } from '../state/document.js';
import { forget } from '../state/forget.js';
import type { OperationDependencies } from './dependencies.js';
import { type RunReport, runTerraform } from './run.js';
import { failureOfError, type RunFailure } from './run-failure.js';
import type { Session } from './session.js';
import { synthesizeForDestroy } from './synthesize-node.js';
import type { RunKind } from './terraform-steps.js';

/** Destroys what the node’s canonical document holds. Answers undefined when nothing is left. */
export async function destroyCanonical(
  dependencies: OperationDependencies,
  session: Session,
): Promise<RunFailure | undefined> {
  const stored = await dependencies.states.load(session.node.id);
  if (stored === undefined || inspectState(stored.document).resources === 0) return undefined;
  let report = await destroyBy('destroy', stored.document, dependencies, session);
  if (failedInPlan(report)) {
    session.log.warn({ failure: report.failure }, 'the destroy could not be planned; trying without refresh');
    report = await destroyBy('destroy-blind', report.document ?? stored.document, dependencies, session);
  }
  const document = await withoutGone(report.document ?? stored.document, report, dependencies, session);
  const left = inspectState(document);
  if (left.resources === 0) return undefined;
  const message = `Terraform reported success, but the state still holds ${left.addresses.join(', ')}`;
  return report.failure ?? { code: 'NOT_EMPTY', message, diagnostics: [] };
}

async function destroyBy(
  kind: RunKind,
  document: Uint8Array,
  dependencies: OperationDependencies,
  session: Session,
): Promise<RunReport> {
  const { states } = dependencies;
  try {
    const { configuration, providers } = await synthesizeForDestroy(dependencies, session);
    return await runTerraform(dependencies, session, {
      kind,
      phase: session.operation === 'create' ? 'cleaning-up' : 'destroying',
      configuration,
      providers,
      document,
      save: (bytes, sequence) =>
        states.save(session.node.id, { epoch: session.epoch, sequence, document: bytes }),
    });
  } catch (error) {
    return { failure: failureOfError(error), began: false, errored: [], outputs: {}, document };
  }
}

/** Nothing was begun, and trying the same again is not what would help: what stands in the way may be the look itself. */
function failedInPlan({ failure, began }: RunReport): boolean {
  if (failure === undefined || began) return false;
  const { class: errorClass } = ERROR_KINDS[failure.code];
  return failure.code === 'UNKNOWN' || !['stopped', 'throttled', 'transient'].includes(errorClass);
}

/** Terraform keeps a resource whose deletion failed, also when it failed because the cloud does not know it any more. */
async function withoutGone(
  document: Uint8Array,
  { failure, errored }: RunReport,
  { states }: OperationDependencies,
  session: Session,
): Promise<Uint8Array> {
  if (failure?.code !== 'GONE') return document;
  const { document: rest, forgotten } = forget(document, errored);
  if (forgotten.length === 0) return document;
  session.log.info({ forgotten }, 'gone already; taken out of the state');
  await states.save(session.node.id, {
    epoch: session.epoch,
    sequence: session.nextFirstSequence(),
    document: rest,
  });
  return rest;
}
