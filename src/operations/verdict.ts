/** Turns an error code into what happens next. The only place where that is decided. */
import { assertNever, ERROR_KINDS, type ErrorCode } from '../errors.js';
import type { Operation } from '../node/lifecycle.js';

export type Verdict =
  /** Try again after `delayMs`; `attempt` says whether it costs one. */
  | { readonly kind: 'retry'; readonly delayMs: number; readonly costsAttempt: boolean }
  /** Give the job back at once, as if it had not been touched. */
  | { readonly kind: 'requeue' }
  /** The destruction of the node was asked for: its destroy job goes on from here. */
  | { readonly kind: 'yield' }
  | { readonly kind: 'fail'; readonly retryable: boolean };

export interface RetryPolicy {
  readonly createAttempts: number;
  readonly destroyAttempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly throttledBackoffMs: number;
}

export interface VerdictRequest {
  readonly code: ErrorCode;
  readonly operation: Operation;
  /** Attempts spent, this one included. */
  readonly attempts: number;
  readonly policy: RetryPolicy;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** Somebody else has to move first; how soon we look again. */
const CONFLICT_RETRY_MS = 2_000;

export function verdictOf({ code, operation, attempts, policy, random }: VerdictRequest): Verdict {
  const errorClass = ERROR_KINDS[code].class;
  const limit = operation === 'create' ? policy.createAttempts : policy.destroyAttempts;
  const again = (baseMs: number): Verdict =>
    attempts < limit
      ? { kind: 'retry', delayMs: backoff(baseMs, policy.maxBackoffMs, attempts, random), costsAttempt: true }
      : { kind: 'fail', retryable: true };
  switch (errorClass) {
    case 'throttled':
      return again(policy.throttledBackoffMs);
    case 'capacity':
    case 'transient':
      return again(policy.backoffMs);
    case 'conflict':
      return { kind: 'retry', delayMs: Math.max(CONFLICT_RETRY_MS, policy.backoffMs), costsAttempt: false };
    case 'gone':
      // A create has met eventual consistency: the thing it just made is not visible yet. A destroy takes what is gone out
      // of the state itself (destroy-canonical.ts); where Terraform did not say what it was, the next refresh does.
      return again(policy.backoffMs);
    case 'auth':
      // The environment may hold fresh credentials at the next try; after that a person has to act.
      return attempts < 2
        ? {
            kind: 'retry',
            delayMs: backoff(policy.backoffMs, policy.maxBackoffMs, attempts, random),
            costsAttempt: true,
          }
        : { kind: 'fail', retryable: true };
    case 'permanent':
      return { kind: 'fail', retryable: false };
    case 'stopped':
      return code === 'CANCELLED' ? { kind: 'yield' } : { kind: 'requeue' };
    default:
      return assertNever(errorClass);
  }
}

/** Exponential with full jitter in its upper half, so that many failed nodes do not come back together. */
function backoff(baseMs: number, maxMs: number, attempts: number, random: () => number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** (attempts - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
