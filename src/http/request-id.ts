/** The name of one HTTP request, in its answer, in the log and in the audit trail. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const FORM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Somebody may have mixed up two headers. */
const TOKEN = /nyt_/i;

export const newRequestId = (): string => randomBytes(8).toString('hex');

/** The caller’s own where it sent a word, so that its log and ours can be laid side by side. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const own = headers['x-request-id'];
  return typeof own === 'string' && FORM.test(own) && !TOKEN.test(own) ? own : newRequestId();
}
