/** Who changed what over HTTP: a bounded stream in Redis. Secrets have no place in an entry. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { parseInput } from '../node/problems.js';
import { askRedis } from '../redis-errors.js';
import { AUDIT_KEY } from './keys.js';

export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `token ci`, `oidc alice`, `local`. */
  readonly who: string;
  /** Of the token. */
  readonly tokenId?: string;
  /** What was asked for: `node.destroy`. */
  readonly action: string;
  /** What it was asked of: ids, a queue. */
  readonly target: string;
  /** The address that the request came from. */
  readonly from: string;
  /** `done`, or the code of the error. */
  readonly result: string;
  readonly status: number;
  /** Of the HTTP request, as its answer and the log name it. */
  readonly requestId: string;
}

export interface PlacedAuditEntry extends AuditEntry {
  /** In the stream; the cursor of a page is the last one’s. */
  readonly position: string;
}

export interface AuditPage {
  readonly entries: readonly PlacedAuditEntry[];
  /** Give it back for the next, older page; absent on the last one. */
  readonly cursor?: string;
}

export interface AuditTrail {
  add(entry: AuditEntry): Promise<void>;
  /** Newest first. `limit` 1–1000, default 100. Throws INVALID_INPUT. */
  list(page?: { readonly cursor?: string; readonly limit?: number }): Promise<AuditPage>;
}

/** Longer texts are cut: an entry says what happened, it does not repeat it. */
const LONGEST = 500;

const number = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);
const entrySchema = z.object({
  at: number,
  who: z.string(),
  tokenId: z.string().exactOptional(),
  action: z.string(),
  target: z.string(),
  from: z.string(),
  result: z.string(),
  status: number,
  requestId: z.string(),
});

const cursorSchema = z
  .string()
  .regex(/^\d{1,15}-\d{1,18}$/, 'must be the cursor of an earlier page, unchanged');
const limitSchema = z.int().min(1).max(1_000);

export function createAuditTrail({
  redis,
  entries: kept,
}: {
  readonly redis: Redis;
  /** Kept, about. */
  readonly entries: number;
}): AuditTrail {
  return {
    async add(entry) {
      const fields = Object.entries(entry).flatMap(([name, value]) => [
        name,
        String(value).slice(0, LONGEST),
      ]);
      await askRedis(AUDIT_KEY, () => redis.xadd(AUDIT_KEY, 'MAXLEN', '~', kept, '*', ...fields));
    },

    async list({ cursor, limit = 100 } = {}) {
      const count = parseInput(limitSchema, limit, 'limit');
      const before = cursor === undefined ? '+' : `(${parseInput(cursorSchema, cursor, 'cursor')}`;
      const found = await askRedis(AUDIT_KEY, () =>
        redis.xrevrange(AUDIT_KEY, before, '-', 'COUNT', count + 1),
      );
      const entries = found.slice(0, count).flatMap(([position, flat]) => {
        const read = entrySchema.safeParse(fieldsOf(flat));
        // One that a later nodeyard wrote otherwise must not hide the others.
        return read.success ? [{ position, ...read.data }] : [];
      });
      const last = found[count - 1];
      return { entries, ...(found.length > count && last !== undefined ? { cursor: last[0] } : {}) };
    },
  };
}

const fieldsOf = (flat: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']),
  );
