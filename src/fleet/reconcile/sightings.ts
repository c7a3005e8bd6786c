/** Which nodes an inventory has once shown, and for how many looks in a row it has not shown them since. */
import type { Redis } from 'ioredis';
import { KEY_PREFIX } from '../../node/keys.js';
import { askRedis } from '../../redis-errors.js';

export interface SightingChanges {
  readonly seen: readonly string[];
  /** Known before, and not there now. */
  readonly missed: readonly string[];
  /** Nobody expects them any more. */
  readonly forgotten: readonly string[];
}

export interface Sightings {
  /** Looks in vain since each node was last seen; a node that was never seen is not there. */
  missing(inventory: string): Promise<ReadonlyMap<string, number>>;
  note(inventory: string, changes: SightingChanges): Promise<void>;
}

const keyOf = (inventory: string): string => `${KEY_PREFIX}sightings:${inventory}`;

export const createSightings = (redis: Redis): Sightings => ({
  async missing(inventory) {
    const key = keyOf(inventory);
    const counts = await askRedis(key, () => redis.hgetall(key));
    return new Map(Object.entries(counts).map(([nodeId, count]) => [nodeId, Number(count)]));
  },

  async note(inventory, { seen, missed, forgotten }) {
    const key = keyOf(inventory);
    const changes = redis.multi();
    for (const nodeId of seen) changes.hset(key, nodeId, 0);
    for (const nodeId of missed) changes.hincrby(key, nodeId, 1);
    for (const nodeId of forgotten) changes.hdel(key, nodeId);
    await askRedis(key, () => changes.exec());
  },
});
