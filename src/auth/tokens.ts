/** The tokens that the HTTP API takes, as the rest sees them. Everything throws REDIS_UNAVAILABLE while Redis is away. */
import type { RankedScope, Scope } from './scopes.js';

/** What may be shown of a token. Times are milliseconds since 1970 (UTC). */
export interface TokenRecord {
  readonly id: string;
  /** Who uses it, in the words of who made it; not unique. */
  readonly name: string;
  readonly scope: Scope;
  /** The one node that a token of the scope `node` is for. */
  readonly nodeId?: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** Coarse: to the minute, and by each server for itself. */
  readonly lastUsedAt?: number;
  readonly revokedAt?: number;
}

/** A record with what its secret is compared with. Never shown. */
export interface StoredToken extends TokenRecord {
  readonly secretHash: string;
}

export type TokenWish = {
  readonly name: string;
  /** For ever when absent. */
  readonly ttlMs?: number;
} & (
  | { readonly scope: RankedScope; readonly nodeId?: never }
  | { readonly scope: 'node'; readonly nodeId: string }
);

export interface CreatedToken {
  /** The whole token; nothing can tell it again. */
  readonly token: string;
  readonly record: TokenRecord;
}

export interface TokenStore {
  /** Throws INVALID_INPUT. */
  create(wish: TokenWish): Promise<CreatedToken>;
  find(id: string): Promise<StoredToken | undefined>;
  /** Those of people and programs, or those of one node; in the order of their making. */
  list(nodeId?: string): Promise<readonly TokenRecord[]>;
  /** From now on it opens nothing; asking again changes nothing. Undefined for an unknown id. */
  revoke(id: string): Promise<TokenRecord | undefined>;
  /** Removes the tokens of a node that is gone. */
  forgetNode(nodeId: string): Promise<void>;
  /** Notes that it was used. Nothing happens for one that is not there any more. */
  touch(id: string): Promise<void>;
  /** Whether a token for people or programs was ever made: revoked and expired ones count, or the last revocation would open the door. */
  any(): Promise<boolean>;
}
