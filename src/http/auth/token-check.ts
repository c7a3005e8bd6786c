/**
 * Whose token it is. Records are kept for two seconds, so that a thousand requests a second ask Redis once: a token that
 * was revoked opens nothing after at most that time, in every server.
 */

import { readToken, secretMatches } from '../../auth/token-text.js';
import type { StoredToken, TokenStore } from '../../auth/tokens.js';
import type { Log } from '../../log.js';
import { unauthenticated } from './bearer.js';
import type { Principal } from './principal.js';

/** The longest that a revoked token may still be taken. */
export const KEPT_MS = 2_000;
/** How often the use of one token is noted. */
const NOTED_MS = 60_000;
/** Records kept at once; there may be a token for every node. */
const MOST_KEPT = 10_000;

/** As good as any hash: what an unknown id is compared with, so that it takes as long as a known one. */
const NO_HASH = '0'.repeat(64);

export interface TokenCheckParts {
  readonly tokens: Pick<TokenStore, 'find' | 'touch'>;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds, never going back. */
  readonly monotonic: () => number;
}

export interface TokenCheck {
  /** Undefined when the text is no token of ours. Throws UNAUTHENTICATED, REDIS_UNAVAILABLE. */
  check(text: string): Promise<Principal> | undefined;
  /** Of a token whose secret was seen before: at a session’s begin. Throws as above. */
  checkAgain(id: string): Promise<Principal>;
}

interface Kept {
  readonly record: Promise<StoredToken | undefined>;
  readonly at: number;
}

export function createTokenCheck({ tokens, log, now, monotonic }: TokenCheckParts): TokenCheck {
  const kept = new Map<string, Kept>();
  const notedAt = new Map<string, number>();

  const find = (id: string): Promise<StoredToken | undefined> => {
    const known = kept.get(id);
    if (known !== undefined && monotonic() - known.at < KEPT_MS) return known.record;
    const record = tokens.find(id);
    keep(kept, id, { record, at: monotonic() });
    const forget = (): void => {
      if (kept.get(id)?.record === record) kept.delete(id);
    };
    // What is not there may be there the next moment, and Redis may be back.
    record.then((found) => found ?? forget(), forget);
    return record;
  };

  const note = (id: string): void => {
    if (monotonic() - (notedAt.get(id) ?? Number.NEGATIVE_INFINITY) < NOTED_MS) return;
    keep(notedAt, id, monotonic());
    tokens
      .touch(id)
      .catch((error: unknown) => log.debug({ error: String(error) }, 'the use of a token was not noted'));
  };

  const principalBySecret = async (id: string, secret: string): Promise<Principal> => {
    const token = await find(id);
    if (!secretMatches(secret, token?.secretHash ?? NO_HASH) || token === undefined) {
      throw unauthenticated('the token is not known');
    }
    return principalOf(token);
  };

  const principalOf = (token: StoredToken): Principal => {
    if (token.revokedAt !== undefined) throw unauthenticated('the token was revoked');
    if (token.expiresAt !== undefined && token.expiresAt <= now())
      throw unauthenticated('the token has expired');
    const { id, name, scope, nodeId } = token;
    note(id);
    return { kind: 'token', id, name, scope, ...(nodeId === undefined ? {} : { nodeId }) };
  };

  return {
    check(text) {
      const read = readToken(text);
      return read === undefined ? undefined : principalBySecret(read.id, read.secret);
    },

    async checkAgain(id) {
      const token = await find(id);
      if (token === undefined) throw unauthenticated('the token is not known');
      return principalOf(token);
    },
  };
}

/** The oldest makes room. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_KEPT) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
