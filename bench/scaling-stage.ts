/** What looks at groups are measured on: a private Redis with groups whose nodes are in service, speak, and leave nothing to do. */
import { Redis } from 'ioredis';
import { createRedisCommands } from '../src/commands/redis-commands.js';
import type { ScalingParts } from '../src/fleet/scaling/context.js';
import { type GroupConfigInput, groupConfigSchema } from '../src/groups/config.js';
import { createRedisGroups } from '../src/groups/redis-groups.js';
import { createRedisGroupHistory } from '../src/groups/redis-history.js';
import { createRedisRoleMemories } from '../src/groups/redis-memories.js';
import { createRedisOutcomes } from '../src/groups/redis-outcomes.js';
import { createRedisHeartbeats } from '../src/heartbeat/redis-heartbeats.js';
import { silentLog } from '../src/log.js';
import { createRedisStore } from '../src/store/redis-store.js';
import type { NodeStore } from '../src/store/store.js';
import { startTestRedis } from '../test/support/redis.js';
import { forEach, putIntoService } from './populate.js';
import type { BenchContext } from './report.js';

export const NODES_PER_GROUP = 50;
/** One node in so many is an origin, the others are edges. */
const ORIGIN_EVERY = 10;
const RETENTION = { historyEntries: 100, eventEntries: 10_000 } as const;

export interface ScalingStage {
  readonly store: NodeStore;
  /** As a worker has them, but that nothing can be asked for: a look that finds something to do fails. */
  readonly parts: ScalingParts;
  /** Of the Redis. */
  readonly pid: number;
  /** What Redis uses, as it tells people: `123.45M`. */
  memory(): Promise<string>;
}

/** Sets it up for `work` and takes it down afterwards, whatever happens. */
export async function useScalingStage<T>(
  groupCount: number,
  { signal, say }: BenchContext,
  work: (stage: ScalingStage) => Promise<T>,
): Promise<T> {
  const server = await startTestRedis();
  const redis = new Redis(server.socket);
  const store = createRedisStore({ redis, retention: RETENTION });
  try {
    const groups = createRedisGroups({ redis });
    const heartbeats = createRedisHeartbeats({ redis });
    say(`scaling: making ${groupCount} groups of ${NODES_PER_GROUP} nodes`);
    for (let number = 0; number < groupCount; number += 1) {
      const kept = await groups.put(groupConfigSchema.parse(groupOf(number)));
      if ('refused' in kept) throw new Error(kept.refused);
    }
    await forEach(groupCount * NODES_PER_GROUP, signal, async (number) => {
      const id = `n${number}`;
      const [group, role] = [nameOf(number % groupCount), isOrigin(number, groupCount) ? 'origin' : 'edge'];
      const inputs = { region: 'eu-central-1', size: number };
      await store.create({ id, group, role, stack: 'local-node', inputs }, { actor: 'autoscaler' });
      await putIntoService(store, id);
      await heartbeats.beat(id, { load: loadOf(number), silenceMs: 3_600_000 });
    });
    const refuse = () => Promise.reject(new Error('there should be nothing to do'));
    return await work({
      store,
      pid: server.pid,
      parts: {
        store,
        groups,
        heartbeats,
        memories: createRedisRoleMemories({ redis }),
        outcomes: createRedisOutcomes({ redis }),
        history: createRedisGroupHistory({ redis }),
        commands: createRedisCommands({ redis, retention: RETENTION }),
        client: { requestNode: refuse, requestDestruction: refuse },
        log: silentLog,
      },
      memory: async () => /used_memory_human:(\S+)/.exec(await redis.info('memory'))?.[1] ?? 'unknown',
    });
  } finally {
    await store.close();
    redis.disconnect();
    await server.stop();
  }
}

const nameOf = (number: number): string => `group-${number}`;
const isOrigin = (number: number, groupCount: number): boolean =>
  Math.floor(number / groupCount) % ORIGIN_EVERY === 0;
/** Between what the expressions call too little and too much. */
const loadOf = (number: number) => ({
  connections: 40 + (number % 21),
  publishers: 4 + (number % 3),
  subscribers: 36 + (number % 19),
  metrics: { 'cpu.load': 0.4 + (number % 10) / 100 },
});

const groupOf = (number: number): GroupConfigInput => ({
  name: nameOf(number),
  stack: 'local-node',
  roles: {
    edge: {
      min: 1,
      max: 100,
      outExpression: '(avg(connections.client) / 200) * 0.5 + (avg(connections.subscriber) / 50) * 0.5 > 1.0',
      inExpression: 'avg(connections.client) < 10',
      capacityRanking: '(connections.client / 200) * 10',
      warmUp: '0s',
    },
    origin: {
      min: 1,
      max: 20,
      outExpression: 'avg(connections.publisher) > 10 || max(cpu.load) > 0.9',
      inExpression: 'avg(connections.publisher) < 2',
      warmUp: '0s',
    },
  },
});
