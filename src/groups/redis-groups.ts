/** Node groups on Redis: a change is made for the revision that was read, and written with its entry in the history. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { NodeyardError } from '../errors.js';
import { parseInput } from '../node/problems.js';
import { askRedis } from '../redis-errors.js';
import { decode, json, wholeNumber } from '../redis-fields.js';
import { CLOCK_OF_REDIS, scriptsOn, yesOrNo } from '../redis-scripts.js';
import { type GroupConfig, granted, groupConfigSchema, groupWishSchema } from './config.js';
import { differences, isSame } from './difference.js';
import { toldDifference } from './difference-text.js';
import type { ChangedBy, Group, GroupChange, Groups } from './groups.js';
import type { GroupEntryKind } from './history.js';
import { GROUPS_KEY, groupHistoryKey, groupKey, groupMemoryKey, REVISIONS_KEY } from './keys.js';
import { flatNote } from './note.js';
import { REMOVE, type RemoveAsk } from './scripts/remove.js';
import { WRITE, type WriteAsk } from './scripts/write.js';

export interface RedisGroupsOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** Milliseconds since 1970. Default: the clock of Redis, which all processes share. */
  readonly clock?: () => number;
}

/** How long the history of a group stays that is gone. */
const HISTORY_KEPT_MS = 7 * 24 * 3_600_000;

const groupName = groupConfigSchema.shape.name;
const limitSchema = z.int().min(1).max(1_000);
const expectedSchema = z.int().min(0).optional();
const cursorSchema = z
  .string()
  .refine((text) => groupName.safeParse(text).success, 'must be the cursor of an earlier page, unchanged');

const stored = z.object({
  config: json(groupConfigSchema),
  revision: wholeNumber,
  createdAt: wholeNumber,
  updatedAt: wholeNumber,
  deletedAt: wholeNumber.exactOptional(),
});
const writeReply = z.tuple([z.enum(['written', 'moved']), z.number(), z.number()]);

interface Change {
  readonly config: GroupConfig;
  readonly ends?: boolean;
  readonly kind: GroupEntryKind;
  readonly message: string;
}

/** What is to be written for the group as it is now, or what is answered without. */
type Decide = (present: Group | undefined) => Change | GroupChange;

export function createRedisGroups({ redis, clock = CLOCK_OF_REDIS }: RedisGroupsOptions): Groups {
  const { send, read } = scriptsOn(redis);
  const write = read(writeReply, send<WriteAsk>('nodeyardWriteGroup', WRITE));
  const remove = read(yesOrNo, send<RemoveAsk>('nodeyardRemoveGroup', REMOVE));

  const get = async (name: string): Promise<Group | undefined> => {
    const key = groupKey(checkName(name));
    const fields = await askRedis(key, () => redis.hgetall(key));
    return Object.keys(fields).length === 0 ? undefined : decode(stored, fields, key);
  };

  /** Looks again where somebody was faster; one of all who try gets on with each round. */
  const change = async (name: string, { who = 'nodeyard', reason }: ChangedBy, decide: Decide) => {
    for (;;) {
      const present = await get(name);
      const decided = decide(present);
      if (!('config' in decided)) return decided;
      const { config, ends = false, kind, message } = decided;
      const said = reason === undefined ? message : `${message}: ${reason}`;
      const [verdict, revision, now] = await write(
        [groupKey(name), groupHistoryKey(name), GROUPS_KEY, REVISIONS_KEY],
        {
          now: clock(),
          name,
          seen: present?.revision ?? 0,
          fields: ['config', JSON.stringify(config)],
          ends,
          entry: flatNote({ kind, who, message: said }),
        },
      );
      if (verdict === 'moved') continue;
      const createdAt = present?.createdAt ?? now;
      const ended = ends ? { deletedAt: now } : {};
      return { group: { config, revision, createdAt, updatedAt: now, ...ended }, changed: true };
    }
  };

  return {
    get,

    async put(given, { expected, ...by } = {}) {
      const wish = parseInput(groupWishSchema, given);
      const revision = parseInput(expectedSchema, expected, 'expected');
      return change(wish.name, by, (present) => {
        if (present === undefined) {
          if (revision !== undefined && revision > 0) return { refused: 'unknown-group' };
          const config = granted(wish, undefined);
          return { config, kind: 'created', message: told(undefined, config) };
        }
        const isExpected = revision === undefined || revision === present.revision;
        if (!isExpected || present.deletedAt !== undefined) return { refused: 'conflict', group: present };
        const config = granted(wish, present.config);
        if (isSame(present.config, config)) return { group: present, changed: false };
        return { config, kind: 'changed', message: told(present.config, config) };
      });
    },

    async list({ cursor, limit = 100 } = {}) {
      const count = parseInput(limitSchema, limit, 'limit');
      const after = cursor === undefined ? '-' : `(${parseInput(cursorSchema, cursor, 'cursor')}`;
      const names = await askRedis(GROUPS_KEY, () =>
        redis.zrange(GROUPS_KEY, after, '+', 'BYLEX', 'LIMIT', 0, count + 1),
      );
      const page = names.slice(0, count);
      const found = await Promise.all(page.map((name) => readable(name, get)));
      const unreadable = page.filter((_, index) => found[index] === 'unreadable');
      const last = page.at(-1);
      return {
        groups: found.flatMap((group) => (group === undefined || group === 'unreadable' ? [] : [group])),
        ...(names.length > count && last !== undefined ? { cursor: last } : {}),
        ...(unreadable.length === 0 ? {} : { unreadable }),
      };
    },

    pause: (name, isScalingPaused, by = {}) =>
      change(name, by, (present) => {
        if (present === undefined) return { refused: 'unknown-group' };
        if (present.deletedAt !== undefined) return { refused: 'conflict', group: present };
        if (present.config.isScalingPaused === isScalingPaused) return { group: present, changed: false };
        return {
          config: { ...present.config, isScalingPaused },
          kind: isScalingPaused ? 'paused' : 'resumed',
          message: isScalingPaused ? 'scaling is paused' : 'scaling goes on',
        };
      }),

    delete: (name, by = {}) =>
      change(name, by, (present) => {
        if (present === undefined) return { refused: 'unknown-group' };
        if (present.deletedAt !== undefined) return { group: present, changed: false };
        return {
          config: present.config,
          ends: true,
          kind: 'deleted',
          message: 'its end was asked for; its nodes are destroyed',
        };
      }),

    remove: async (name) =>
      remove([groupKey(checkName(name)), groupHistoryKey(name), GROUPS_KEY, groupMemoryKey(name)], {
        now: clock(),
        name,
        entry: flatNote({ kind: 'removed', who: 'nodeyard', message: 'the last of its nodes is gone' }),
        keptMs: HISTORY_KEPT_MS,
      }),
  };
}

const checkName = (name: unknown): string => parseInput(groupName, name, 'group');

const told = (before: GroupConfig | undefined, after: GroupConfig): string =>
  differences(before, after).map(toldDifference).join(', ');

/** One that cannot be read must not hide the others. */
async function readable(name: string, get: Groups['get']): Promise<Group | 'unreadable' | undefined> {
  try {
    return await get(name);
  } catch (error) {
    if (error instanceof NodeyardError && error.code === 'RECORD_UNREADABLE') return 'unreadable';
    throw error;
  }
}
