/**
 * The text of a token: `nyt_<id>_<secret>`. The id finds the record; the secret is 256 random bits, of which only the
 * SHA-256 is stored. A slow hash (bcrypt, argon2) protects what people choose, because that can be guessed; 256 random
 * bits cannot, and a slow hash would only let anybody make the server work.
 */
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 10;
const SECRET_BYTES = 32;

export const TOKEN_ID = /^[a-z0-9]{10}$/;
const TOKEN = /^nyt_([a-z0-9]{10})_([A-Za-z0-9_-]{43})$/;

export interface TokenText {
  readonly id: string;
  readonly secret: string;
}

export const newTokenText = (): TokenText => ({
  id: Array.from({ length: ID_LENGTH }, () => ID_ALPHABET.charAt(randomInt(ID_ALPHABET.length))).join(''),
  secret: randomBytes(SECRET_BYTES).toString('base64url'),
});

export const writeToken = ({ id, secret }: TokenText): string => `nyt_${id}_${secret}`;

/** Undefined when the text is no token of ours. */
export function readToken(text: string): TokenText | undefined {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** 64 hexadecimal digits. */
export const hashOfSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Takes as long for every wrong secret. `hash` as `hashOfSecret` gives it. */
export const secretMatches = (secret: string, hash: string): boolean =>
  timingSafeEqual(Buffer.from(hashOfSecret(secret)), Buffer.from(hash.padEnd(64).slice(0, 64)));
