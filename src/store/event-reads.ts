/** Reads of the event stream and of the nodes’ histories. */
import { NodeyardError } from '../errors.js';
import type { NodeEvent } from '../node/record.js';
import type { BlockingConnections } from './blocking-connections.js';
import type { StoreContext } from './context.js';
import { decodeEvent, type StreamEntry } from './event-codec.js';
import { checkCount, checkDuration, checkId, checkPosition } from './input.js';
import { EVENTS_KEY, historyKey } from './keys.js';
import { askRedis } from './redis-errors.js';
import type { NodeStore } from './store.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

export function eventReads(
  { redis, log }: StoreContext,
  blocking: BlockingConnections,
): Pick<NodeStore, 'history' | 'events' | 'latestPosition'> {
  /** An entry that cannot be read is left out: a tail that stopped at it would never get past it. */
  const decode = (key: string, entries: readonly StreamEntry[]): NodeEvent[] =>
    entries.flatMap((entry) => {
      try {
        return [decodeEvent(key, entry)];
      } catch (error) {
        if (!(error instanceof NodeyardError)) throw error;
        log.error({ key, position: entry[0], error: error.message }, 'an event cannot be read');
        return [];
      }
    });

  const present = async (after: string, count: number): Promise<readonly StreamEntry[]> =>
    after === '$' ? [] : redis.xrange(EVENTS_KEY, `(${after}`, '+', 'COUNT', count);

  const awaited = async (after: string, count: number, waitMs: number): Promise<readonly StreamEntry[]> => {
    const streams = await blocking.use((connection) =>
      connection.xread('COUNT', count, 'BLOCK', waitMs, 'STREAMS', EVENTS_KEY, after),
    );
    return streams?.[0]?.[1] ?? [];
  };

  return {
    async history(id) {
      const key = historyKey(checkId(id));
      return decode(key, await askRedis(key, () => redis.xrange(key, '-', '+')));
    },

    async events({ after, limit = DEFAULT_LIMIT, blockMs = 0 }) {
      const position = checkPosition(after);
      const count = checkCount(limit, 'limit', MAX_LIMIT);
      const waitMs = checkDuration(blockMs, 'blockMs');
      const read = () => (waitMs === 0 ? present(position, count) : awaited(position, count, waitMs));
      return decode(EVENTS_KEY, await askRedis(EVENTS_KEY, read));
    },

    async latestPosition() {
      const newest = await askRedis(EVENTS_KEY, () => redis.xrevrange(EVENTS_KEY, '+', '-', 'COUNT', 1));
      return newest[0]?.[0] ?? '0';
    },
  };
}
