/** The last step of an operation: what its failure means, said to the store under the session’s epoch. */
import { assertNever } from '../errors.js';
import { BEGINS } from '../node/lifecycle.js';
import type { TransitionRequest, TransitionResult } from '../store/store.js';
import type { OperationDependencies } from './dependencies.js';
import { later, type Outcome, settled } from './outcome.js';
import { outcomeOfRefusal } from './refusal.js';
import type { RunFailure } from './run-failure.js';
import type { Session } from './session.js';
import { type Verdict, verdictOf } from './verdict.js';

export interface Judgement {
  readonly verdict: Verdict;
  /** Attempts spent so far, this one included where it counts. */
  readonly attempts: number;
}

/** Decides by class and attempts, and stores the count before anything else happens. */
export async function judge(
  { store, settings, random, listener }: OperationDependencies,
  session: Session,
  failure: RunFailure,
): Promise<Judgement> {
  const spent = session.node.attempts + 1;
  const { operation } = session;
  const verdict = verdictOf({
    code: failure.code,
    operation,
    attempts: spent,
    policy: settings.retry,
    random,
  });
  const costs = verdict.kind === 'fail' || (verdict.kind === 'retry' && verdict.costsAttempt);
  const attempts = costs ? spent : session.node.attempts;
  listener.judged({ operation, code: failure.code, verdict: verdict.kind });
  session.log.warn(
    { code: failure.code, message: failure.message, verdict: verdict.kind, attempts },
    'run failed',
  );
  if (costs) {
    const { code, message } = failure;
    await store.patch(session.node.id, session.epoch, { attempts, lastError: { code, message } });
  }
  return { verdict, attempts };
}

/** A verdict that leaves the node where it is: the job comes again, or has become needless. */
export async function postpone(
  { store }: OperationDependencies,
  session: Session,
  verdict: Exclude<Verdict, { kind: 'fail' }>,
  failure: RunFailure,
): Promise<Outcome> {
  switch (verdict.kind) {
    case 'retry':
      return later(verdict.delayMs, `${failure.code}: ${failure.message}`);
    case 'requeue':
      return later(0, failure.code);
    case 'yield': {
      const node = await store.get(session.node.id);
      return settled(node ?? session.node);
    }
    default:
      return assertNever(verdict);
  }
}

/** Moves the node to FAILED. */
export async function fail(
  dependencies: OperationDependencies,
  session: Session,
  failure: RunFailure,
  { attempts, retryable }: { readonly attempts: number; readonly retryable: boolean },
): Promise<Outcome> {
  const { code, message, diagnostics } = failure;
  const { operation } = session;
  const outcome = await move(dependencies, session, {
    to: 'FAILED',
    // A destruction that was asked for meanwhile must not be overwritten by the failure of the create it stopped.
    expected: [BEGINS[operation].to],
    failure: { operation, code, message, diagnostics, retryable, attempts },
    reason: code,
  });
  return outcome.kind === 'settled' && outcome.node.state === 'FAILED'
    ? { kind: 'failed', failure: { code, message }, node: outcome.node }
    : outcome;
}

/** A transition under the session’s epoch. A refusal says where the node went meanwhile. */
export async function move(
  { store }: OperationDependencies,
  session: Session,
  request: Omit<TransitionRequest, 'actor' | 'epoch'>,
): Promise<Outcome> {
  await session.flush();
  const result: TransitionResult = await store.transition(session.node.id, {
    ...request,
    actor: 'terraform',
    epoch: session.epoch,
  });
  if ('refused' in result) return outcomeOfRefusal(result, session.operation, session.node.id);
  return settled(result.node);
}
