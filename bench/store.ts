/**
 * What the state store’s operations cost, and whether they cost more with a hundred thousand nodes than with a thousand:
 * two private Redis servers with their append-only files on, asked in turns. Every figure is a round trip as a caller
 * sees it.
 */
import { Redis } from 'ioredis';
import { createRedisStore } from '../src/store/redis-store.js';
import type { NodeStore } from '../src/store/store.js';
import { startTestRedis } from '../test/support/redis.js';
import { interleave, millisecondsOf } from './measure.js';
import { INSERVICE_EVERY, nodeRequest, populate } from './populate.js';
import type { BenchContext, Report } from './report.js';
import { formatSpread, ratioOf, spreadOf } from './statistics.js';

const SIZES = { few: 1_000, many: 100_000 } as const;
const QUICK_SIZES = { few: 1_000, many: 10_000 } as const;
const ROUNDS = 9;
const CALLS_PER_ROUND = 150;

type Operation = (store: NodeStore, call: number) => Promise<unknown>;

interface PopulatedStore {
  readonly store: NodeStore;
  readonly size: number;
  /** What Redis uses, as it tells people: `123.45M`. */
  memory(): Promise<string>;
}

/** Microseconds per call, a mean per round, by operation. */
type Samples = Readonly<Record<'few' | 'many', readonly number[]>>;

export async function storeBenchmark({ quick, signal, say }: BenchContext): Promise<Report> {
  const sizes = quick ? QUICK_SIZES : SIZES;
  const use = <T>(size: number, work: (populated: PopulatedStore) => Promise<T>): Promise<T> =>
    usePopulated(size, { signal, say }, work);
  return use(sizes.few, (few) =>
    use(sizes.many, async (many) => {
      const memory = await many.memory();
      const samples: Record<string, Samples> = {};
      for (const name of Object.keys(operations(few.size))) {
        say(`store: ${name}`);
        samples[name] = await interleave(
          { few: roundsOf(few, name), many: roundsOf(many, name) },
          { rounds: ROUNDS, warmups: 1, signal },
        );
      }
      return report(sizes, samples, memory);
    }),
  );
}

/** A private Redis with so many nodes in it, for as long as `work` lasts. */
async function usePopulated<T>(
  size: number,
  { signal, say }: Pick<BenchContext, 'signal' | 'say'>,
  work: (populated: PopulatedStore) => Promise<T>,
): Promise<T> {
  const server = await startTestRedis();
  const redis = new Redis(server.socket);
  const store = createRedisStore({ redis, retention: { historyEntries: 100, eventEntries: 10_000 } });
  try {
    const ms = await millisecondsOf(() => populate(store, size, signal));
    say(`store: ${size} nodes made in ${(ms / 1000).toFixed(1)} s`);
    const memory = async (): Promise<string> =>
      /used_memory_human:(\S+)/.exec(await redis.info('memory'))?.[1] ?? 'unknown';
    return await work({ store, size, memory });
  } finally {
    await store.close();
    redis.disconnect();
    await server.stop();
  }
}

/** Spreads the calls over all nodes of one kind, so that no node is hot. */
function pick(call: number, size: number, inService: boolean): string {
  const tens = Math.floor(size / INSERVICE_EVERY);
  const spread = (call * 7_919) % tens;
  return `n${spread * INSERVICE_EVERY + (inService ? 0 : 1 + (call % (INSERVICE_EVERY - 1)))}`;
}

function must<T extends object>(answer: T): T {
  if ('refused' in answer) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer;
}

/** In this order: what only reads comes first, so that it meets the nodes as they were made. */
const operations = (size: number): Readonly<Record<string, Operation>> => ({
  get: (store, call) => store.get(pick(call, size, true)),
  'list 100 by state and group': (store) =>
    store.list({ state: 'REQUESTED', group: 'group-1' }, { limit: 100 }),
  counts: (store) => store.counts(),
  'stranded 100': (store) => store.stranded(100),
  transition: async (store, call) => {
    const id = pick(Math.floor(call / 2), size, true);
    const to = call % 2 === 0 ? 'SOFT_SUNSET' : 'INSERVICE';
    must(await store.transition(id, { to, actor: 'operator' }));
  },
  'begin, renew, release': async (store, call) => {
    const id = pick(call, size, false);
    const holder = `bench-${call}`;
    const { epoch } = must(await store.begin(id, { operation: 'create', holder, leaseMs: 60_000 })) as {
      epoch: number;
    };
    await store.renew(id, { epoch, holder }, 60_000);
    await store.release(id, { epoch, holder });
  },
  create: (store, call) => store.create(nodeRequest(`c${size}-${call}`, call), { actor: 'producer' }),
});

/** Rounds of one operation on one store; the calls are numbered on from round to round. */
function roundsOf({ store, size }: PopulatedStore, name: string): () => Promise<number> {
  const operation = operations(size)[name];
  if (operation === undefined) throw new Error(`there is no operation ${name}`);
  let call = 0;
  return async () => {
    const ms = await millisecondsOf(async () => {
      for (let i = 0; i < CALLS_PER_ROUND; i += 1) await operation(store, call++);
    });
    return (ms * 1000) / CALLS_PER_ROUND;
  };
}

function report(
  { few, many }: { readonly few: number; readonly many: number },
  samples: Readonly<Record<string, Samples>>,
  memory: string,
): Report {
  const nodes = (count: number): string => `${count.toLocaleString('en')} nodes`;
  return {
    title: `The state store with ${nodes(many)} against ${nodes(few)}`,
    notes: [
      `µs per call as the caller sees it, one at a time over a unix socket, append-only file on; median of ${ROUNDS} interleaved rounds of ${CALLS_PER_ROUND} calls (min–max), ratio round by round.`,
      `Redis uses ${memory} for ${nodes(many)}.`,
    ],
    tables: [
      {
        columns: ['µs per call', nodes(few), nodes(many), 'ratio'],
        rows: Object.entries(samples).map(([name, sides]) => [
          name,
          formatSpread(spreadOf(sides.few)),
          formatSpread(spreadOf(sides.many)),
          formatSpread(ratioOf(sides.many, sides.few), 2),
        ]),
      },
    ],
    data: { few, many, memory, samples },
  };
}
