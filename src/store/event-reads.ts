/** Reads of the event stream and of the nodes’ histories. */
import { NodeyardError } from '../errors.js';
import type { NodeEvent } from '../node/record.js';
import { askRedis } from '../redis-errors.js';
import type { BlockingConnections } from './blocking-connections.js';
import type { StoreContext } from './context.js';
import { decodeEvent, decodeHistoryLine, type StreamEntry } from './event-codec.js';
import { checkDuration, checkId, checkPageLimit, checkPosition, checkReached } from './input.js';
import { EVENTS_KEY, historyKey } from './keys.js';
import { isAfter } from './positions.js';
import type { EventGap, NodeStore } from './store.js';

const DEFAULT_LIMIT = 100;

/** `0` asks for whatever is kept and misses nothing. */
function gapAfter(
  position: string,
  oldest: string | undefined,
  newest: string | undefined,
): EventGap['why'] | undefined {
  if (position === '0') return undefined;
  if (newest === undefined || isAfter(position, newest)) return 'reset';
  return oldest !== undefined && isAfter(oldest, position) ? 'trimmed' : undefined;
}

export function eventReads(
  { redis, log }: StoreContext,
  blocking: BlockingConnections,
): Pick<NodeStore, 'history' | 'events' | 'eventPage' | 'latestPosition'> {
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

  /** In one step, or what is trimmed between two reads would be missed in silence. */
  const moment = async (after: string, count: number) => {
    const answers = await redis
      .multi()
      .xrange(EVENTS_KEY, '-', '+', 'COUNT', 1)
      .xrevrange(EVENTS_KEY, '+', '-', 'COUNT', 1)
      .xrange(EVENTS_KEY, `(${after}`, '+', 'COUNT', count)
      .exec();
    const [oldest = [], newest = [], entries = []] = (answers ?? []).map(([error, answer]) => {
      if (error !== null) throw error;
      return answer as StreamEntry[];
    });
    return { entries, oldest: oldest[0]?.[0], newest: newest[0]?.[0] };
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

    async eventPage({ after, limit = DEFAULT_LIMIT }) {
      const position = checkReached(after);
      const count = checkPageLimit(limit);
      const { entries, oldest, newest } = await askRedis(EVENTS_KEY, () => moment(position, count));
      const why = gapAfter(position, oldest, newest);
      const gap = why && { after, ...(oldest === undefined ? {} : { oldest }), why };
      const next = entries.at(-1)?.[0] ?? (why === 'reset' ? (newest ?? '0') : position);
      return {
        events: decodeAll(entries, (entry) => decodeEvent(EVENTS_KEY, entry)),
        next,
        more: entries.length === count,
        ...(gap === undefined ? {} : { gap }),
      };
    },

    async latestPosition() {
      const newest = await askRedis(EVENTS_KEY, () => redis.xrevrange(EVENTS_KEY, '+', '-', 'COUNT', 1));
      return newest[0]?.[0] ?? '0';
    },
  };
}
