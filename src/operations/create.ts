/**
 * Creates a node: recover what an earlier run left, take the lease, run Terraform once, say CREATED or FAILED. Every
 * step may be done again: a second delivery of the same job finds the node where the first one left it.
 */
import { fail, judge, move, postpone } from './conclude.js';
import type { OperationDependencies } from './dependencies.js';
import { destroyCanonical } from './destroy-canonical.js';
import { operate } from './operate.js';
import type { Outcome } from './outcome.js';
import type { OperationRequest } from './request.js';
import { runTerraform } from './run.js';
import { failureOfError, type RunFailure } from './run-failure.js';
import type { Session } from './session.js';
import { synthesizeNode } from './synthesize-node.js';

export function createNode(dependencies: OperationDependencies, request: OperationRequest): Promise<Outcome> {
  return operate(dependencies, 'create', request, (session) => create(dependencies, session));
}

async function create(dependencies: OperationDependencies, session: Session): Promise<Outcome> {
  const attempt = spentBefore(dependencies, session) ?? (await apply(dependencies, session));
  if ('outputs' in attempt) return move(dependencies, session, { to: 'CREATED', outputs: attempt.outputs });
  const { failure } = attempt;
  const { verdict, attempts } = await judge(dependencies, session, failure);
  if (verdict.kind !== 'fail') return postpone(dependencies, session, verdict, failure);
  const uncleaned =
    session.node.onFailure === 'keep' ? undefined : await destroyCanonical(dependencies, session);
  if (uncleaned !== undefined && session.stopReason !== undefined) {
    return postpone(dependencies, session, { kind: 'requeue' }, uncleaned);
  }
  return fail(dependencies, session, withUncleaned(failure, uncleaned), {
    attempts,
    retryable: verdict.retryable,
  });
}

type Attempt = { readonly outputs: Readonly<Record<string, unknown>> } | { readonly failure: RunFailure };

/** A worker died while it cleaned up after the last attempt: nothing is to be tried again, the clean-up goes on. */
function spentBefore({ settings }: OperationDependencies, { node }: Session): Attempt | undefined {
  if (node.lastError === undefined || node.attempts < settings.retry.createAttempts) return undefined;
  return { failure: { ...node.lastError, diagnostics: [] } };
}

async function apply(dependencies: OperationDependencies, session: Session): Promise<Attempt> {
  const { states } = dependencies;
  const { id } = session.node;
  try {
    session.report({ phase: 'synthesizing', done: 0, total: 0 });
    const { configuration, providers, readOutputs } = synthesizeNode(dependencies, session.node);
    const stored = await states.load(id);
    // The configuration is kept before anything is made by it: it is what a destroy falls back on.
    await states.saveConfiguration(id, session.epoch, configuration);
    const report = await runTerraform(dependencies, session, {
      kind: stored !== undefined && stored.resources > 0 ? 'recreate' : 'create',
      phase: 'applying',
      configuration,
      providers,
      ...(stored === undefined ? {} : { document: stored.document }),
      save: (document, sequence) => states.save(id, { epoch: session.epoch, sequence, document }),
    });
    return report.failure === undefined
      ? { outputs: readOutputs(report.outputs) }
      : { failure: report.failure };
  } catch (error) {
    return { failure: failureOfError(error) };
  }
}

/** The node stays FAILED with its state; a destroy takes what the clean-up could not. */
function withUncleaned(failure: RunFailure, uncleaned: RunFailure | undefined): RunFailure {
  if (uncleaned === undefined) return failure;
  const message = `${failure.message} (and its resources could not be cleaned up: ${uncleaned.code}: ${uncleaned.message})`;
  return { ...failure, message, diagnostics: [...failure.diagnostics, ...uncleaned.diagnostics] };
}
