/**
 * Sessions of browsers, which can send no header of their own. A session stands for the token that it was begun with and is
 * worth what that is worth at the moment: who revokes the token has ended the session. Its secret is 256 random bits, of
 * which only the SHA-256 is stored, as of a token’s.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { askRedis } from '../redis-errors.js';
import { sessionKey } from './keys.js';
import { hashOfSecret, TOKEN_ID } from './token-text.js';

export const SESSION_MS = 60 * 60_000;
export const SESSION_SECRET = /^[A-Za-z0-9_-]{43}$/;

/** Everything throws REDIS_UNAVAILABLE. */
export interface Sessions {
  /** Answers the secret; nothing can tell it again. It is good for an hour, whatever is done with it. */
  begin(tokenId: string): Promise<string>;
  /** The id of the token that it was begun with. Undefined when it has ended. */
  tokenOf(secret: string): Promise<string | undefined>;
  /** Asking again changes nothing. */
  end(secret: string): Promise<void>;
}

export function createRedisSessions({ redis }: { readonly redis: Redis }): Sessions {
  const keyOf = (secret: string): string => sessionKey(hashOfSecret(secret));
  return {
    async begin(tokenId) {
      const secret = randomBytes(32).toString('base64url');
      const key = keyOf(secret);
      await askRedis(key, () => redis.set(key, tokenId, 'PX', SESSION_MS));
      return secret;
    },

    async tokenOf(secret) {
      const key = keyOf(secret);
      const tokenId = await askRedis(key, () => redis.get(key));
      return tokenId !== null && TOKEN_ID.test(tokenId) ? tokenId : undefined;
    },

    async end(secret) {
      const key = keyOf(secret);
      await askRedis(key, () => redis.del(key));
    },
  };
}
