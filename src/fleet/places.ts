/**
 * Every place where a node of this fleet was ever about to be made, so that it can be asked what is left there when nobody
 * remembers the node. A place is never forgotten: asking costs little, and a forgotten machine a lot.
 */
import type { Redis } from 'ioredis';
import { KEY_PREFIX } from '../node/keys.js';
import { askRedis } from '../redis-errors.js';

export interface Place {
  /** The stack whose inventory knows it. */
  readonly stack: string;
  readonly place: string;
}

export interface Places {
  remember(place: Place): Promise<void>;
  /** In the order of their names. */
  all(): Promise<readonly Place[]>;
}

/** A set of `<stack> <place>`; neither holds a space. */
const PLACES_KEY = `${KEY_PREFIX}places`;

export const createPlaces = (redis: Redis): Places => ({
  async remember({ stack, place }) {
    await askRedis(PLACES_KEY, () => redis.sadd(PLACES_KEY, `${stack} ${place}`));
  },

  async all() {
    const words = await askRedis(PLACES_KEY, () => redis.smembers(PLACES_KEY));
    return words.sort().map((word) => {
      const [stack = '', place = ''] = word.split(' ');
      return { stack, place };
    });
  },
});
