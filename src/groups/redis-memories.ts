/** What scaling remembers of roles, on Redis: it ends with the group. */
import { z } from 'zod';
import { parseInput } from '../node/problems.js';
import { askRedis } from '../redis-errors.js';
import { decode, wholeNumber } from '../redis-fields.js';
import { CLOCK_OF_REDIS, scriptsOn, yesOrNo } from '../redis-scripts.js';
import { groupConfigSchema } from './config.js';
import type { RoleMemories } from './groups.js';
import { groupKey, groupMemoryKey } from './keys.js';
import type { RedisGroupsOptions } from './redis-groups.js';
import { TAKE, type TakeAsk } from './scripts/take.js';

const name = groupConfigSchema.shape.name;
const stepSchema = z.int().min(0);
const field = wholeNumber.nullable();

export function createRedisRoleMemories({ redis, clock = CLOCK_OF_REDIS }: RedisGroupsOptions): RoleMemories {
  const { send, read } = scriptsOn(redis);
  const take = read(yesOrNo, send<TakeAsk>('nodeyardTakeStep', TAKE));

  return {
    async get(group, role) {
      const key = groupMemoryKey(parseInput(name, group, 'group'));
      const of = parseInput(name, role, 'role');
      const values = await askRedis(key, () =>
        redis.hmget(key, `${of}:step`, `${of}:grewAt`, `${of}:shrankAt`),
      );
      const [step, grewAt, shrankAt] = values.map((value) => decode(field, value, key));
      return {
        step: step ?? 0,
        ...(grewAt == null ? {} : { grewAt }),
        ...(shrankAt == null ? {} : { shrankAt }),
      };
    },

    take: async (group, role, step, towards) =>
      take([groupKey(parseInput(name, group, 'group')), groupMemoryKey(group)], {
        now: clock(),
        role: parseInput(name, role, 'role'),
        step: parseInput(stepSchema, step, 'step'),
        towards: towards === 'out' ? 'grewAt' : 'shrankAt',
      }),

    fences: ({ config, revision }, role, step) => [
      { key: groupKey(config.name), field: 'revision', value: String(revision) },
      { key: groupMemoryKey(config.name), field: `${role}:step`, value: step === 0 ? '' : String(step) },
    ],
  };
}
