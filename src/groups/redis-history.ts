/** The histories of groups on Redis: a bounded stream each. */
import { z } from 'zod';
import { parseInput } from '../node/problems.js';
import { askRedis } from '../redis-errors.js';
import { fieldsOf, json, wholeNumber } from '../redis-fields.js';
import { CLOCK_OF_REDIS, scriptsOn, yesOrNo } from '../redis-scripts.js';
import { groupConfigSchema } from './config.js';
import { GROUP_ENTRY_KINDS, type GroupHistory } from './history.js';
import { groupHistoryKey, groupKey } from './keys.js';
import { flatNote } from './note.js';
import type { RedisGroupsOptions } from './redis-groups.js';
import { NOTE, type NoteAsk } from './scripts/note.js';

const groupName = groupConfigSchema.shape.name;
const limitSchema = z.int().min(1).max(1_000);
const cursorSchema = z
  .string()
  .regex(/^\d{1,15}-\d{1,18}$/, 'must be the cursor of an earlier page, unchanged');

const stored = z.object({
  at: wholeNumber,
  kind: z.enum(GROUP_ENTRY_KINDS),
  who: z.string(),
  message: z.string(),
  role: z.string().exactOptional(),
  data: json(z.json()).exactOptional(),
  revision: wholeNumber.exactOptional(),
});

export function createRedisGroupHistory({ redis, clock = CLOCK_OF_REDIS }: RedisGroupsOptions): GroupHistory {
  const { send, read } = scriptsOn(redis);
  const note = read(yesOrNo, send<NoteAsk>('nodeyardNoteGroup', NOTE));

  return {
    note: async (group, given) =>
      note([groupKey(checkName(group)), groupHistoryKey(group)], { now: clock(), entry: flatNote(given) }),

    async list(group, { cursor, limit = 100 } = {}) {
      const key = groupHistoryKey(checkName(group));
      const count = parseInput(limitSchema, limit, 'limit');
      const before = cursor === undefined ? '+' : `(${parseInput(cursorSchema, cursor, 'cursor')}`;
      const found = await askRedis(key, () => redis.xrevrange(key, before, '-', 'COUNT', count + 1));
      const entries = found.slice(0, count).flatMap(([position, flat]) => {
        const entry = stored.safeParse(fieldsOf(flat));
        // One that a later nodeyard wrote otherwise must not hide the others.
        return entry.success ? [{ position, ...entry.data }] : [];
      });
      const last = found[count - 1];
      return { entries, ...(found.length > count && last !== undefined ? { cursor: last[0] } : {}) };
    },
  };
}

const checkName = (name: unknown): string => parseInput(groupName, name, 'group');
