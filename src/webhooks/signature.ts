/**
 * Secrets and signatures as Standard Webhooks 1.0.0 has them (https://www.standardwebhooks.com): HMAC-SHA256 over
 * `id.timestamp.body`, so that a receiver knows who sent what and when, and can refuse what somebody sends again.
 */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** `whsec_` and the base64 of 32 random bytes. */
export const newSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

export interface Signed {
  /** The same in every attempt; holds no full stop. */
  readonly id: string;
  readonly body: string;
  /** Of the attempt, in milliseconds since 1970. */
  readonly at: number;
}

/** The three headers of the specification. */
export function signatureHeaders(secret: string, { id, body, at }: Signed): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1_000));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}
