/** What an answer means for the message that it answers, by the specification: everything but a 2xx is a failure. */
import { assertNever } from '../errors.js';
import type { Answer } from './answer.js';
import { retryAfterMs } from './backoff.js';
import type { AttemptFailure } from './webhook.js';

export type Verdict =
  | { readonly kind: 'delivered' }
  /** `pauseMs`: the receiver wants to hear nothing at all for so long. */
  | { readonly kind: 'failed'; readonly failure: AttemptFailure; readonly pauseMs?: number }
  /** The receiver is not interested any more. */
  | { readonly kind: 'gone'; readonly failure: AttemptFailure }
  /** We stopped it ourselves: it counts for nothing. */
  | { readonly kind: 'stopped' };

const GONE = 410;
/** Those that speak of the receiver as a whole. */
const OVERLOADED = [429, 502, 503, 504];

export function verdictOf(answer: Answer, now: number): Verdict {
  switch (answer.kind) {
    case 'stopped':
      return { kind: 'stopped' };
    case 'unanswered': {
      const { problem, detail } = answer;
      return { kind: 'failed', failure: { at: now, problem, detail } };
    }
    case 'answered': {
      const { status, said, retryAfter } = answer;
      if (status >= 200 && status < 300) return { kind: 'delivered' };
      const failure = { at: now, status, ...(said === '' ? {} : { detail: said }) };
      if (status === GONE) return { kind: 'gone', failure };
      const pauseMs = OVERLOADED.includes(status) ? retryAfterMs(retryAfter, now) : undefined;
      return { kind: 'failed', failure, ...(pauseMs === undefined ? {} : { pauseMs }) };
    }
    default:
      return assertNever(answer);
  }
}
