/**
 * Destroys what a state document holds. The ladder: a normal destroy, which looks at the real resources first; where that
 * look itself fails (a data source is gone, the credentials may not read), a destroy without it.
 */
import { ERROR_KINDS } from '../errors.js';
import { inspectState } from '../state/document.js';
import { forget } from '../state/forget.js';
import type { SaveResult } from '../state/repository.js';
import type { OperationDependencies } from './dependencies.js';
import { type RunReport, runTerraform } from './run.js';
import { failureOfError, type RunFailure } from './run-failure.js';
import type { RunSession } from './run-session.js';
import { factsOf } from './span-facts.js';
import type { SynthesizedNode } from './synthesize-node.js';
import type { RunKind } from './terraform-steps.js';

export type DestroyConfiguration = Pick<SynthesizedNode, 'configuration' | 'providers'>;

export interface DestroyTarget {
  readonly document: Uint8Array;
  /** Whose calls the runs are, for the brake. */
  readonly account: string;
  configure(): Promise<DestroyConfiguration>;
  /** Where what is left goes. */
  save(document: Uint8Array, sequence: number): Promise<SaveResult>;
}

/** Answers undefined when nothing is left. */
export async function destroyDocument(
  dependencies: OperationDependencies,
  session: RunSession,
  target: DestroyTarget,
): Promise<RunFailure | undefined> {
  if (inspectState(target.document).resources === 0) return undefined;
  let report = await destroyBy('destroy', target.document, { dependencies, session, target });
  if (failedInPlan(report)) {
    session.log.warn({ failure: report.failure }, 'the destroy could not be planned; trying without refresh');
    const document = report.document ?? target.document;
    report = await destroyBy('destroy-blind', document, { dependencies, session, target });
  }
  const document = await withoutGone(report.document ?? target.document, report, session, target);
  const left = inspectState(document);
  if (left.resources === 0) return undefined;
  const message = `Terraform reported success, but the state still holds ${left.addresses.join(', ')}`;
  return report.failure ?? { code: 'NOT_EMPTY', message, diagnostics: [] };
}

interface Work {
  readonly dependencies: OperationDependencies;
  readonly session: RunSession;
  readonly target: DestroyTarget;
}

async function destroyBy(
  kind: RunKind,
  document: Uint8Array,
  { dependencies, session, target }: Work,
): Promise<RunReport> {
  try {
    const { configuration, providers } = await dependencies.tracing.span('synthesize', factsOf(session), () =>
      target.configure(),
    );
    return await runTerraform(dependencies, session, {
      kind,
      phase: session.operation === 'create' ? 'cleaning-up' : 'destroying',
      account: target.account,
      configuration,
      providers,
      document,
      save: (bytes, sequence) => target.save(bytes, sequence),
    });
  } catch (error) {
    return { failure: failureOfError(error), began: false, errored: [], stored: true, outputs: {}, document };
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
  session: RunSession,
  target: DestroyTarget,
): Promise<Uint8Array> {
  if (failure?.code !== 'GONE') return document;
  const { document: rest, forgotten } = forget(document, errored);
  if (forgotten.length === 0) return document;
  session.log.info({ forgotten }, 'gone already; taken out of the state');
  // What a cloud does not find it may only not show yet.
  session.noteUnsure();
  await target.save(rest, session.nextFirstSequence());
  return rest;
}
