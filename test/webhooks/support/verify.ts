/**
 * A receiver’s side of Standard Webhooks 1.0.0, written from the specification with another library than the sender’s, so
 * that the two cannot be wrong together.
 */
import { webcrypto } from 'node:crypto';

const TOLERANCE_S = 300;

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The payload. Throws when the message is not from whom it should be, or not from now. */
export async function verified(
  secret: string,
  headers: Headers,
  body: string,
  now: number = Date.now(),
): Promise<unknown> {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => {
    const value = headers[`webhook-${name}`];
    if (typeof value !== 'string') throw new Error(`no webhook-${name}`);
    return value;
  }) as [string, string, string];
  if (!/^\d+$/.test(timestamp)) throw new Error('the timestamp is no number of seconds');
  if (Math.abs(now / 1_000 - Number(timestamp)) > TOLERANCE_S) throw new Error('the timestamp is not of now');
  const prefix = /^whsec_/;
  if (!prefix.test(secret)) throw new Error('no symmetric secret');
  const bytes = Uint8Array.from(atob(secret.replace(prefix, '')), (letter) => letter.charCodeAt(0));
  if (bytes.length < 24 || bytes.length > 64) throw new Error('a secret has 24 to 64 bytes');
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await webcrypto.subtle.importKey('raw', bytes, algorithm, false, ['verify']);
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures.split(' ')) {
    const [version, encoded = ''] = signature.split(',');
    if (version !== 'v1') continue;
    const mac = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    if (await webcrypto.subtle.verify('HMAC', key, mac, content)) return JSON.parse(body) as unknown;
  }
  throw new Error('no signature fits');
}
