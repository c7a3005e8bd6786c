/**
 * The token of a node: `nyn_<node id>_<HMAC-SHA256 of the node, by a key of the fleet>`. It is derived and never stored, so
 * that every synthesis writes the same text (a machine whose user data changed would be replaced), belongs to that node
 * alone, and is worth nothing any more once the node is destroyed.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Redis } from 'ioredis';
import { KEY_PREFIX, nodeKey } from '../node/keys.js';
import { isTerminal, type NodeState } from '../node/lifecycle.js';
import type { NodeRecord } from '../node/record.js';
import { NODE_ID } from '../node/request.js';
import { askRedis } from '../redis-errors.js';

const NODE_TOKEN_KEY = `${KEY_PREFIX}node-token-key`;
const KEY_BYTES = 32;

/** The signature has a fixed length, so that an id which holds a `_` is read right. */
const TOKEN = /^nyn_(.{1,63})_([A-Za-z0-9_-]{43})$/;

export interface NodeTokensOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** The first one makes tokens, all of them know theirs; without any, one is made and kept in Redis. */
  readonly keys?: readonly string[];
}

export interface NodeTokens {
  /** The same text for the same node, in every process of the fleet. Throws REDIS_UNAVAILABLE. */
  tokenOf(node: Pick<NodeRecord, 'id' | 'createdAt'>): Promise<string>;
  /** The id of the node whose token it is, as long as that node is not destroyed. Throws REDIS_UNAVAILABLE. */
  nodeOf(token: string): Promise<string | undefined>;
}

export const isNodeToken = (text: string): boolean => text.startsWith('nyn_');

export function createNodeTokens({ redis, keys = [] }: NodeTokensOptions): NodeTokens {
  const kept = async (): Promise<readonly string[]> => {
    if (keys.length > 0) return keys;
    return askRedis(NODE_TOKEN_KEY, async () => {
      const found = await redis.get(NODE_TOKEN_KEY);
      if (found !== null) return [found];
      // Of two that make one at the same time, one wins.
      const made = randomBytes(KEY_BYTES).toString('base64url');
      await redis.set(NODE_TOKEN_KEY, made, 'NX');
      return [(await redis.get(NODE_TOKEN_KEY)) ?? made];
    });
  };

  return {
    async tokenOf({ id, createdAt }) {
      const [key = ''] = await kept();
      return `nyn_${id}_${signatureOf(key, id, createdAt).toString('base64url')}`;
    },

    async nodeOf(token) {
      const [, id = '', signature = ''] = TOKEN.exec(token) ?? [];
      if (!NODE_ID.test(id)) return undefined;
      const key = nodeKey(id);
      const [known, [state, createdAt]] = await Promise.all([
        kept(),
        askRedis(key, () => redis.hmget(key, 'state', 'createdAt')),
      ]);
      if (state == null || createdAt == null || isTerminal(state as NodeState)) return undefined;
      const given = Buffer.from(signature, 'base64url');
      const fits = known.map((each) => timingSafeEqual(given, signatureOf(each, id, Number(createdAt))));
      // Written once more, because base64 has several texts for the same bytes.
      return fits.includes(true) && given.toString('base64url') === signature ? id : undefined;
    },
  };
}

/** Of the node and the time of its making: an id that is used again later is another node. */
const signatureOf = (key: string, id: string, createdAt: number): Buffer =>
  createHmac('sha256', key).update(`nodeyard node\n${id}\n${createdAt}`).digest();
