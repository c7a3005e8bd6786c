/**
 * The Redis keys of tokens and of the audit trail.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `token:<id>` | hash | what is known of a token; of its secret only the hash |
 * | `tokens` | zset | ids of the tokens of people and programs, by the time of their making |
 * | `node-tokens:<nodeId>` | zset | ids of the tokens of one node, likewise |
 * | `session:<hash>` | string | the id of the token that a browser has signed in with; of its cookie only the hash |
 * | `audit` | stream | who changed what over HTTP |
 */
import { KEY_PREFIX } from '../node/keys.js';

export const TOKENS_KEY = `${KEY_PREFIX}tokens`;
export const AUDIT_KEY = `${KEY_PREFIX}audit`;

export const tokenKey = (id: string): string => `${KEY_PREFIX}token:${id}`;
export const sessionKey = (hash: string): string => `${KEY_PREFIX}session:${hash}`;
export const nodeTokensKey = (nodeId: string): string => `${KEY_PREFIX}node-tokens:${nodeId}`;
