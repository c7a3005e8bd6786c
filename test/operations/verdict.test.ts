import { describe, expect, test } from 'vitest';
import { ERROR_CODES, ERROR_KINDS } from '../../src/errors.js';
import { OPERATIONS } from '../../src/node/lifecycle.js';
import { verdictOf } from '../../src/operations/verdict.js';

const policy = {
  createAttempts: 3,
  destroyAttempts: 5,
  backoffMs: 1_000,
  maxBackoffMs: 60_000,
  throttledBackoffMs: 15_000,
};
const judge = (
  code: (typeof ERROR_CODES)[number],
  attempts = 1,
  operation: 'create' | 'destroy' = 'create',
) => verdictOf({ code, operation, attempts, policy, random: () => 1 });

describe('verdicts', () => {
  test('every code has one for every operation', () => {
    for (const code of ERROR_CODES) {
      for (const operation of OPERATIONS) {
        expect(judge(code, 1, operation).kind, `${code} on ${operation}`).toMatch(
          /^(retry|requeue|yield|fail)$/,
        );
      }
    }
  });

  test('what cannot be helped by trying again fails at the first attempt, and says so', () => {
    for (const code of ERROR_CODES.filter((name) => ERROR_KINDS[name].class === 'permanent')) {
      expect(judge(code)).toEqual({ kind: 'fail', retryable: false });
    }
  });

  test('a transient failure is tried again with doubling waits until the attempts are spent', () => {
    expect([1, 2, 3].map((attempts) => judge('NETWORK', attempts))).toEqual([
      { kind: 'retry', delayMs: 1_000, costsAttempt: true },
      { kind: 'retry', delayMs: 2_000, costsAttempt: true },
      { kind: 'fail', retryable: true },
    ]);
    expect(judge('NETWORK', 4, 'destroy').kind).toBe('retry');
    expect(judge('NETWORK', 5, 'destroy').kind).toBe('fail');
  });

  test('a wait never exceeds its longest and is never less than half of itself', () => {
    const delays = [0, 0.5, 0.999].map((value) =>
      verdictOf({ code: 'THROTTLED', operation: 'destroy', attempts: 4, policy, random: () => value }),
    );
    expect(delays).toEqual([
      { kind: 'retry', delayMs: 30_000, costsAttempt: true },
      { kind: 'retry', delayMs: 45_000, costsAttempt: true },
      { kind: 'retry', delayMs: 59_970, costsAttempt: true },
    ]);
  });

  test('throttling waits longer than a lost connection', () => {
    expect(judge('THROTTLED')).toMatchObject({ delayMs: 15_000 });
  });

  test('a wait for somebody else costs no attempt, however often', () => {
    expect(judge('DEPENDENCY', 100, 'destroy')).toMatchObject({ kind: 'retry', costsAttempt: false });
    expect(judge('LEASE_HELD', 100)).toMatchObject({ kind: 'retry', costsAttempt: false });
  });

  test('credentials are tried once more, then a person has to act', () => {
    expect(judge('CREDENTIALS', 1).kind).toBe('retry');
    expect(judge('CREDENTIALS', 2)).toEqual({ kind: 'fail', retryable: true });
  });

  test('what we stopped ourselves goes back to the queue; a cancelled create leaves the node to its destroy', () => {
    expect(judge('SHUTDOWN')).toEqual({ kind: 'requeue' });
    expect(judge('LEASE_LOST')).toEqual({ kind: 'requeue' });
    expect(judge('CANCELLED')).toEqual({ kind: 'yield' });
  });
});
