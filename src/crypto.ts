/**
 * AES-256-GCM for what is stored and secret: Terraform’s states, the secrets of webhooks. What is bound to a box (its kind,
 * whose it is) is authenticated with it, so that one cannot be put in the place of another.
 *
 *   key id (4 bytes) · random IV (12) · tag (16) · ciphertext
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { NodeyardError } from './errors.js';

const CIPHER = 'aes-256-gcm';
export const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = KEY_ID_BYTES + IV_BYTES + TAG_BYTES;

const SETTING = 'NODEYARD_STATE_KEY';

/** Reads a key: 64 hexadecimal digits, or the base64 of 32 bytes. Throws CONFIG_INVALID, without quoting the text. */
export function parseStateKey(text: string): Uint8Array {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex');
  if (/^[A-Za-z0-9+/]{43}=?$/.test(trimmed)) return Buffer.from(trimmed, 'base64');
  throw new NodeyardError(
    'CONFIG_INVALID',
    `${SETTING}: each key must be 64 hexadecimal digits or the base64 of 32 bytes (make one with \`openssl rand -hex 32\`); this one has ${trimmed.length} characters`,
    { field: SETTING },
  );
}

/** Which key a box needs, without telling anything of the key. */
export function keyId(key: Uint8Array): Buffer {
  return createHash('sha256').update('nodeyard state key').update(key).digest().subarray(0, KEY_ID_BYTES);
}

export function encrypt(plain: Uint8Array, key: Uint8Array, bound: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(bound);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([keyId(key), iv, cipher.getAuthTag(), ciphertext]);
}

/** Throws STATE_UNREADABLE when no key fits, or when the box or what is bound to it was changed. */
export function decrypt(box: Uint8Array, keys: readonly Uint8Array[], bound: Uint8Array): Buffer {
  if (box.byteLength < HEAD_BYTES)
    throw new NodeyardError('STATE_UNREADABLE', 'an encrypted document is cut off');
  const bytes = Buffer.from(box.buffer, box.byteOffset, box.byteLength);
  const id = bytes.subarray(0, KEY_ID_BYTES);
  const fitting = keys.filter((key) => keyId(key).equals(id));
  if (fitting.length === 0) {
    const among = keys.length === 0 ? 'is not set' : 'does not hold it';
    throw new NodeyardError(
      'STATE_UNREADABLE',
      `the document is encrypted with the key ${id.toString('hex')}, and ${SETTING} ${among}: add the key that it was written with`,
      { field: SETTING },
    );
  }
  for (const key of fitting) {
    const plain = open(bytes, key, bound);
    if (plain !== undefined) return plain;
  }
  throw new NodeyardError('STATE_UNREADABLE', 'an encrypted document was changed, or belongs elsewhere');
}

function open(box: Buffer, key: Uint8Array, bound: Uint8Array): Buffer | undefined {
  const iv = box.subarray(KEY_ID_BYTES, KEY_ID_BYTES + IV_BYTES);
  const tag = box.subarray(KEY_ID_BYTES + IV_BYTES, HEAD_BYTES);
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(bound);
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(box.subarray(HEAD_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
