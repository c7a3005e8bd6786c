/** Tokens in Redis: a hash each, written by scripts so that a token is there with its index or not at all. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { NodeyardError } from '../errors.js';
import { parseInput } from '../node/problems.js';
import { nodeRequestSchema } from '../node/request.js';
import { askRedis } from '../redis-errors.js';
import { nodeTokensKey, TOKENS_KEY, tokenKey } from './keys.js';
import { SCOPES } from './scopes.js';
import { hashOfSecret, newTokenText, TOKEN_ID, writeToken } from './token-text.js';
import type { StoredToken, TokenRecord, TokenStore } from './tokens.js';

export interface RedisTokensOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const name = nodeRequestSchema.shape.group;
const nodeId = nodeRequestSchema.shape.id.unwrap();

const number = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);
const storedSchema = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.enum(SCOPES),
  nodeId: z.string().exactOptional(),
  secretHash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: number,
  expiresAt: number.exactOptional(),
  lastUsedAt: number.exactOptional(),
  revokedAt: number.exactOptional(),
});

/** KEYS: token, index. ARGV: id, createdAt, then fields and values. */
const CREATE = `
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
return 1
`;
/** KEYS: token. ARGV: field, value, '1' = only where it is not set. A hash that is gone is not made anew. */
const MARK = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[3] == '1' then return redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
`;

export function createRedisTokens({ redis, now = Date.now }: RedisTokensOptions): TokenStore {
  const find = async (id: string): Promise<StoredToken | undefined> => {
    if (!TOKEN_ID.test(id)) return undefined;
    const key = tokenKey(id);
    const fields = await askRedis(key, () => redis.hgetall(key));
    if (Object.keys(fields).length === 0) return undefined;
    const read = storedSchema.safeParse(fields);
    if (read.success) return read.data;
    const wrong = read.error.issues.map(({ path }) => path.join('.')).join(', ');
    throw new NodeyardError('RECORD_UNREADABLE', `${key} cannot be read: ${wrong}`);
  };

  const mark = async (id: string, field: string, once: boolean): Promise<void> => {
    if (!TOKEN_ID.test(id)) return;
    const key = tokenKey(id);
    await askRedis(key, () => redis.eval(MARK, 1, key, field, String(now()), once ? '1' : '0'));
  };

  return {
    find,

    async create(wish) {
      const { scope, ttlMs } = wish;
      const index =
        wish.scope === 'node' ? nodeTokensKey(parseInput(nodeId, wish.nodeId, 'nodeId')) : TOKENS_KEY;
      const text = newTokenText();
      const createdAt = now();
      const record: TokenRecord = {
        id: text.id,
        name: parseInput(name, wish.name, 'name'),
        scope: parseInput(z.enum(SCOPES), scope, 'scope'),
        ...(wish.nodeId === undefined ? {} : { nodeId: wish.nodeId }),
        createdAt,
        ...(ttlMs === undefined ? {} : { expiresAt: createdAt + parseInput(z.int().min(1), ttlMs, 'ttlMs') }),
      };
      const fields = Object.entries({ ...record, secretHash: hashOfSecret(text.secret) })
        .flat()
        .map(String);
      const keys = [tokenKey(text.id), index];
      await askRedis(index, () => redis.eval(CREATE, 2, ...keys, text.id, String(createdAt), ...fields));
      return { token: writeToken(text), record };
    },

    async list(ofNode) {
      const index = ofNode === undefined ? TOKENS_KEY : nodeTokensKey(parseInput(nodeId, ofNode, 'nodeId'));
      const ids = await askRedis(index, () => redis.zrange(index, 0, '-1'));
      const found = await Promise.all(ids.map(find));
      return found.flatMap((token) => (token === undefined ? [] : [shown(token)]));
    },

    async revoke(id) {
      await mark(id, 'revokedAt', true);
      const token = await find(id);
      return token === undefined ? undefined : shown(token);
    },

    async forgetNode(ofNode) {
      const index = nodeTokensKey(parseInput(nodeId, ofNode, 'nodeId'));
      const ids = await askRedis(index, () => redis.zrange(index, 0, '-1'));
      await askRedis(index, () => redis.del(index, ...ids.map(tokenKey)));
    },

    touch: (id) => mark(id, 'lastUsedAt', false),
    any: async () => (await askRedis(TOKENS_KEY, () => redis.zcard(TOKENS_KEY))) > 0,
  };
}

function shown({ secretHash: _, ...record }: StoredToken): TokenRecord {
  return record;
}
