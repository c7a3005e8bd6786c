/**
 * Destroys what the node’s state holds. The ladder: a normal destroy, which looks at the real resources first; where
 * that look itself fails (a data source is gone, the credentials may not read), a destroy without it.
 */
import { ERROR_KINDS } from '../errors.js';
import { inspectState } from '../state/document.js';
import type { OperationDependencies } from './dependencies.js';
import { failureOfError, type RunFailure, type RunKind, type RunReport, runTerraform } from './run.js';
import type { Session } from './session.js';
import { synthesizeForDestroy } from './synthesize-node.js';

/** Destroys what the node’s canonical document holds. Answers undefined when nothing is left. */
export async function destroyCanonical(
  dependencies: OperationDependencies,
  session: Session,
): Promise<RunFailure | undefined> {
  const { states } = dependencies;
  const { id } = session.node;
  const stored = await states.load(id);
  if (stored === undefined) return undefined;
  let { document } = stored;
  if (inspectState(document).resources === 0) return undefined;
  let synthesized: Awaited<ReturnType<typeof synthesizeForDestroy>>;
  try {
    synthesized = await synthesizeForDestroy(dependencies, session);
  } catch (error) {
    return failureOfError(error);
  }
  let report: RunReport | undefined;
  for (const kind of ['destroy', 'destroy-blind'] satisfies RunKind[]) {
    report = await runTerraform(dependencies, session, {
      kind,
      phase: session.operation === 'create' ? 'cleaning-up' : 'destroying',
      configuration: synthesized.configuration,
      providers: synthesized.providers,
      document,
      save: (bytes, sequence) => states.save(id, { epoch: session.epoch, sequence, document: bytes }),
    });
    document = report.document ?? document;
    if (!failedInPlan(report)) break;
    session.log.warn({ failure: report.failure }, 'the destroy could not be planned; trying without refresh');
  }
  if (report?.failure !== undefined) return report.failure;
  const left = inspectState(document);
  if (left.resources === 0) return undefined;
  const message = `Terraform reported success, but the state still holds ${left.addresses.join(', ')}`;
  return { code: 'NOT_EMPTY', message, diagnostics: [] };
}

/** Nothing was begun, and neither we nor the network nor the machine are why. */
function failedInPlan({ failure, began }: RunReport): boolean {
  if (failure === undefined || began) return false;
  const errorClass = ERROR_KINDS[failure.code].class;
  return errorClass !== 'stopped' && errorClass !== 'throttled' && errorClass !== 'transient';
}
