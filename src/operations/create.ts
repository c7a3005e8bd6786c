/**
 * Creates a node: recover what an earlier run left, take the lease, end what that run made and nobody wrote down, run Terraform once,
 * say CREATED or FAILED. Every step may be done again: a second delivery of the same job finds the node where the first one left it.
 */
import type { Promised } from '../heartbeat/heartbeats.js';
import { fail, judge, move, postpone } from './conclude.js';
import type { OperationDependencies } from './dependencies.js';
import { destroyBeneath } from './destroy-beneath.js';
import { destroyCanonical } from './destroy-canonical.js';
import { operate } from './operate.js';
import type { Outcome } from './outcome.js';
import type { OperationRequest } from './request.js';
import { runTerraform } from './run.js';
import { failureOfError, type RunFailure } from './run-failure.js';
import type { Session } from './session.js';
import { factsOf } from './span-facts.js';
import { clearStrays } from './strays.js';
import { accountOf, type SynthesizedNode, synthesizeNode } from './synthesize-node.js';
import { verdictOf } from './verdict.js';

export function createNode(dependencies: OperationDependencies, request: OperationRequest): Promise<Outcome> {
  return operate(dependencies, 'create', request, (session) => create(dependencies, session));
}

async function create(dependencies: OperationDependencies, session: Session): Promise<Outcome> {
  const before = givenUpBefore(dependencies, session);
  if (before !== undefined) return giveUp(dependencies, session, before);
  const left = await clearStrays(dependencies, session, 'what-can-wait');
  const attempt = left === undefined ? await apply(dependencies, session) : { failure: left };
  if ('outputs' in attempt) return created(dependencies, session, attempt);
  const { failure } = attempt;
  const { verdict, attempts } = await judge(dependencies, session, failure);
  if (verdict.kind !== 'fail') return postpone(dependencies, session, verdict, failure);
  return giveUp(dependencies, session, { failure, attempts, retryable: verdict.retryable });
}

/** CREATED first, because the node is there. What a retry has lost sight of on its way is looked for afterwards. */
async function created(
  dependencies: OperationDependencies,
  session: Session,
  { outputs, stored }: Applied,
): Promise<Outcome> {
  const outcome = await move(dependencies, session, { to: 'CREATED', outputs });
  // Where the state of this very run is not stored yet, the node’s own machine would look like a stray.
  if (stored && outcome.kind === 'settled' && outcome.node.state === 'CREATED') {
    const left = await clearStrays(dependencies, session, 'what-can-wait');
    if (left !== undefined) session.log.warn({ ...left }, 'what an earlier run left is asked for again');
  }
  return outcome;
}

interface GivenUp {
  readonly failure: RunFailure;
  readonly attempts: number;
  readonly retryable: boolean;
}

/** A worker died or was stopped while it cleaned up after the last attempt: nothing is tried again, the clean-up goes on. */
function givenUpBefore(
  { settings, random }: OperationDependencies,
  { node, operation }: Session,
): GivenUp | undefined {
  const { lastError, attempts } = node;
  if (lastError === undefined) return undefined;
  const { code } = lastError;
  const verdict = verdictOf({ code, operation, attempts, policy: settings.retry, random });
  if (verdict.kind !== 'fail') return undefined;
  return { failure: { ...lastError, diagnostics: [] }, attempts, retryable: verdict.retryable };
}

async function giveUp(
  dependencies: OperationDependencies,
  session: Session,
  { failure, attempts, retryable }: GivenUp,
): Promise<Outcome> {
  // What a plan would have taken away unasked is not to be taken away by the clean-up either.
  const kept = session.node.onFailure === 'keep' || failure.code === 'WOULD_DESTROY';
  const uncleaned = kept
    ? undefined
    : ((await destroyBeneath(dependencies, session, () => destroyCanonical(dependencies, session))) ??
      (await clearStrays(dependencies, session, 'nothing')));
  if (uncleaned !== undefined && session.stopReason !== undefined) {
    return postpone(dependencies, session, { kind: 'requeue' }, uncleaned);
  }
  return fail(dependencies, session, withUncleaned(failure, uncleaned), { attempts, retryable });
}

interface Applied {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** The state is in the repository. */
  readonly stored: boolean;
}
type Attempt = Applied | { readonly failure: RunFailure };

async function apply(dependencies: OperationDependencies, session: Session): Promise<Attempt> {
  const { states, heartbeats, inventories } = dependencies;
  const { id } = session.node;
  try {
    session.report({ phase: 'synthesizing', done: 0, total: 0 });
    const synthesized = await dependencies.tracing.span('synthesize', factsOf(session), () =>
      synthesizeNode(dependencies, session.node),
    );
    const { configuration, providers, readOutputs } = synthesized;
    // Kept before anything is made: by what it is made, which a destroy falls back on, where it will have to be looked for, and
    // whether it will speak.
    const [stored] = await Promise.all([
      states.load(id),
      states.saveConfiguration(id, session.epoch, configuration),
      inventories.remember(session.node),
      heartbeats.expect(id, promisedBy(dependencies, synthesized)),
    ]);
    const report = await runTerraform(dependencies, session, {
      kind: stored !== undefined && stored.resources > 0 ? 'recreate' : 'create',
      phase: 'applying',
      account: accountOf(dependencies, session.node),
      configuration,
      providers,
      ...(stored === undefined ? {} : { document: stored.document }),
      save: (document, sequence) => states.save(id, { epoch: session.epoch, sequence, document }),
    });
    return report.failure === undefined
      ? { outputs: readOutputs(report.outputs), stored: report.stored }
      : { failure: report.failure };
  } catch (error) {
    return { failure: failureOfError(error) };
  }
}

function promisedBy(
  { settings }: Pick<OperationDependencies, 'settings'>,
  { heartbeats: promise }: SynthesizedNode,
): Promised | undefined {
  if (promise === undefined) return undefined;
  const { startSeconds, silenceSeconds, needsConfiguration = true } = promise;
  return {
    startMs: startSeconds === undefined ? settings.heartbeat.startMs : startSeconds * 1_000,
    // As often as the setting tells nodes to speak, a few heartbeats may get lost whatever the stack says.
    ...(silenceSeconds === undefined
      ? {}
      : { silenceMs: Math.max(silenceSeconds * 1_000, settings.heartbeat.leastSilenceMs) }),
    configures: needsConfiguration,
  };
}

/** The node stays FAILED with its state; a destroy takes what the clean-up could not. */
function withUncleaned(failure: RunFailure, uncleaned: RunFailure | undefined): RunFailure {
  if (uncleaned === undefined) return failure;
  const message = `${failure.message} (and its resources could not be cleaned up: ${uncleaned.code}: ${uncleaned.message})`;
  return { ...failure, message, diagnostics: [...failure.diagnostics, ...uncleaned.diagnostics] };
}
