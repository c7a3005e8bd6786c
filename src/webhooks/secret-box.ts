/**
 * How a secret lies in Redis: as it is where no key is configured, else in a box that is bound to its webhook. It has to be
 * kept whole, because it signs.
 */
import { decrypt, encrypt, keyId } from '../crypto.js';
import { NodeyardError } from '../errors.js';

const PLAIN = 'plain:';
const SEALED = 'sealed:';

const boundTo = (webhookId: string): Buffer => Buffer.from(JSON.stringify(['webhook-secret', webhookId]));

export class SecretBox {
  readonly #keys: readonly Uint8Array[];

  /** The first key encrypts, all of them decrypt. */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys;
  }

  seal(secret: string, webhookId: string): string {
    const [key] = this.#keys;
    if (key === undefined) return PLAIN + secret;
    return SEALED + encrypt(Buffer.from(secret), key, boundTo(webhookId)).toString('base64');
  }

  /** Throws RECORD_UNREADABLE, without a word of the secret. */
  open(stored: string, webhookId: string): string {
    if (stored.startsWith(PLAIN)) return stored.slice(PLAIN.length);
    try {
      if (!stored.startsWith(SEALED)) throw new TypeError('its form is unknown');
      return decrypt(boxOf(stored), this.#keys, boundTo(webhookId)).toString('utf8');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new NodeyardError(
        'RECORD_UNREADABLE',
        `the secret of webhook ${webhookId} cannot be read: ${why}`,
        {
          cause,
        },
      );
    }
  }

  /** Whether it is not in a box of the first key: a key was set, or another one put before it. */
  isOutdated(stored: string): boolean {
    const [key] = this.#keys;
    if (key === undefined) return false;
    const id = keyId(key);
    return !stored.startsWith(SEALED) || !boxOf(stored).subarray(0, id.length).equals(id);
  }
}

const boxOf = (stored: string): Buffer => Buffer.from(stored.slice(SEALED.length), 'base64');
