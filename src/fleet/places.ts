/**
 * Every place where a node of this fleet was ever about to be made, so that it can be asked what is left there when nobody
 * remembers the node. A place is never forgotten: asking costs little, and a forgotten machine a lot.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { KEY_PREFIX } from '../node/keys.js';
import { askRedis } from '../redis-errors.js';
import type { PlaceDetails } from './inventory.js';

export interface Place {
  /** The stack whose inventory knows it. */
  readonly stack: string;
  readonly place: string;
  /** What its stack needs besides to ask there. */
  readonly details?: PlaceDetails;
}

export interface Places {
  remember(place: Place): Promise<void>;
  /** In the order of their names. */
  all(): Promise<readonly Place[]>;
}

/** A set of `<stack> <place>`; neither holds a space. */
const PLACES_KEY = `${KEY_PREFIX}places`;
/** A hash: `<stack> <place>` to its details, as JSON. */
const DETAILS_KEY = `${KEY_PREFIX}place-details`;

const detailsSchema = z.record(z.string(), z.string());

export const createPlaces = (redis: Redis): Places => ({
  async remember({ stack, place, details }) {
    const word = `${stack} ${place}`;
    await askRedis(PLACES_KEY, async () => {
      // First, so that no place is ever without.
      if (details !== undefined) await redis.hset(DETAILS_KEY, word, JSON.stringify(details));
      await redis.sadd(PLACES_KEY, word);
    });
  },

  async all() {
    const words = await askRedis(PLACES_KEY, () => redis.smembers(PLACES_KEY));
    const told = await askRedis(DETAILS_KEY, () => redis.hgetall(DETAILS_KEY));
    return words.sort().map((word) => {
      const [stack = '', place = ''] = word.split(' ');
      const details = detailsIn(told[word]);
      return { stack, place, ...(details === undefined ? {} : { details }) };
    });
  },
});

/** What cannot be read is as if it were not there: the stack that needs it says so when it is opened. */
function detailsIn(text: string | undefined): PlaceDetails | undefined {
  if (text === undefined) return undefined;
  try {
    return detailsSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
