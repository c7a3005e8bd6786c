/** What came back from a receiver, or why nothing did. */
import type { Problem } from './webhook.js';

export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Of the header, as it came. */
      readonly retryAfter?: string;
      /** The beginning of the body. */
      readonly said: string;
    }
  /** `detail`: a code or an address; nothing of the URL, which may hold a secret. */
  | { readonly kind: 'unanswered'; readonly problem: Problem; readonly detail: string }
  /** By the signal. */
  | { readonly kind: 'stopped' };

export const unanswered = (problem: Problem, detail: string): Answer => ({
  kind: 'unanswered',
  problem,
  detail,
});

/** `ECONNREFUSED`, where the error has such a code. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}
