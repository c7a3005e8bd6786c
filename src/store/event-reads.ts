/** Reads of the event stream and of the nodes’ histories. */
import { NodeyardError } from '../errors.js';
import type { NodeEvent } from '../node/record.js';
import { askRedis } from '../redis-errors.js';
import type { BlockingConnections } from './blocking-connections.js';
import type { StoreContext } from './context.js';
import { decodeEvent, decodeHistoryLine, type StreamEntry } from './event-codec.js';
import { checkDuration, checkId, checkPageLimit, checkPosition } from './input.js';
import { EVENTS_KEY, historyKey } from './keys.js';
import type { NodeStore } from './store.js';

const DEFAULT_LIMIT = 100;

export function eventReads(
  { redis, log }: StoreContext,
  blocking: BlockingConnections,
): Pick<NodeStore, 'history' | 'events' | 'latestPosition'> {
  /** An entry that cannot be read is left out: a tail that stopped at it would never get past it. */
  const decodeAll = <E>(entries: readonly E[], decode: (entry: E) => NodeEvent): NodeEvent[] =>
    entries.flatMap((entry) => {
      try {
        return [decode(entry)];
      } catch (error) {
        if (!(error instanceof NodeyardError)) throw error;
        log.error({ error: error.message }, 'an event cannot be read');
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
    async history(id, limit) {
      const key = historyKey(checkId(id));
      const first = limit === undefined ? 0 : -checkPageLimit(limit);
      const lines = await askRedis(key, () => redis.lrange(key, first, -1));
      return decodeAll(lines, (line) => decodeHistoryLine(key, line));
    },

    async events({ after, limit = DEFAULT_LIMIT, blockMs = 0 }) {
      const position = checkPosition(after);
      const count = checkPageLimit(limit);
      const waitMs = checkDuration(blockMs, 'blockMs');
      const read = () => (waitMs === 0 ? present(position, count) : awaited(position, count, waitMs));
      return decodeAll(await askRedis(EVENTS_KEY, read), (entry) => decodeEvent(EVENTS_KEY, entry));
    },

    async latestPosition() {
      const newest = await askRedis(EVENTS_KEY, () => redis.xrevrange(EVENTS_KEY, '+', '-', 'COUNT', 1));
      return newest[0]?.[0] ?? '0';
    },
  };
}
