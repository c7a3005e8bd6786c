/**
 * What the state store’s operations cost, and whether they cost more with a hundred thousand nodes than with a thousand.
 * Runs on a private Redis with its append-only file on; every figure is a round trip as a caller sees it.
 *
 *     npx tsx bench/store.ts [--json]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { createRedisStore } from '../src/store/redis-store.js';
import type { IdentifiedRequest, NodeStore } from '../src/store/store.js';
import { startTestRedis } from '../test/support/redis.js';

const SIZES = [1_000, 100_000] as const;
const ROUNDS = 9;
const CALLS_PER_ROUND = 150;
/** Calls in flight while nodes are made. */
const CONCURRENCY = 200;
const GROUPS = 4;
/** One node in so many is INSERVICE, the others wait in REQUESTED. */
const INSERVICE_EVERY = 10;

type Operation = (store: NodeStore, call: number) => Promise<unknown>;

interface Figure {
  /** Microseconds per call: median, least and most of the rounds’ means. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

const request = (id: string, number: number): IdentifiedRequest => ({
  id,
  group: `group-${number % GROUPS}`,
  role: 'edge',
  stack: 'local-node',
  inputs: { region: 'eu-central-1', size: number },
});
const isInService = (number: number): boolean => number % INSERVICE_EVERY === 0;

async function makeNode(store: NodeStore, number: number): Promise<void> {
  const id = `n${number}`;
  await store.create(request(id, number), { actor: 'producer' });
  if (!isInService(number)) return;
  const claim = { epoch: 1, holder: 'bench' };
  await store.begin(id, { operation: 'create', holder: claim.holder, leaseMs: 60_000 });
  await store.transition(id, {
    to: 'CREATED',
    actor: 'terraform',
    epoch: claim.epoch,
    outputs: { port: 80 },
  });
  await store.release(id, claim);
  await store.transition(id, { to: 'STARTED', actor: 'node' });
  await store.transition(id, { to: 'INSERVICE', actor: 'node' });
}

/** Nodes `from` … `to - 1`, many at once. */
async function populate(store: NodeStore, from: number, to: number): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    for (let number = next++; number < to; number = next++) await makeNode(store, number);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
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

/** In this order: what only reads comes first, so that every size is read as it was made. */
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
  create: (store, call) => store.create(request(`c${size}-${call}`, call), { actor: 'producer' }),
});

async function measure(store: NodeStore, operation: Operation): Promise<Figure> {
  const means: number[] = [];
  let call = 0;
  // The first round warms up and does not count.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < CALLS_PER_ROUND; i += 1) await operation(store, call++);
    const micros = Number(process.hrtime.bigint() - start) / 1_000 / CALLS_PER_ROUND;
    if (round > 0) means.push(micros);
  }
  means.sort((a, b) => a - b);
  const at = (index: number): number => Math.round(means[index] ?? Number.NaN);
  return { median: at(ROUNDS >> 1), min: at(0), max: at(ROUNDS - 1) };
}

type Results = Record<string, Record<number, Figure>>;

async function run(redis: Redis, store: NodeStore): Promise<Results> {
  const results: Results = {};
  let made = 0;
  for (const size of SIZES) {
    const start = process.hrtime.bigint();
    await populate(store, made, size);
    made = size;
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    process.stderr.write(`${size} nodes made in ${seconds.toFixed(1)} s\n`);
    for (const [name, operation] of Object.entries(operations(size))) {
      results[name] ??= {};
      results[name][size] = await measure(store, operation);
    }
  }
  const used = /used_memory_human:(\S+)/.exec(await redis.info('memory'))?.[1];
  process.stderr.write(`Redis holds ${used}\n`);
  return results;
}

async function machine(redis: Redis): Promise<Record<string, string | number>> {
  const server = await redis.info('server');
  const version = /(?:valkey|redis)_version:(\S+)/.exec(server)?.[1] ?? 'unknown';
  return { cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', node: process.version, redis: version };
}

function print(about: Record<string, string | number>, results: Results): void {
  const [few, many] = SIZES;
  const text = ({ median, min, max }: Figure): string => `${median} (${min}–${max})`;
  console.log(
    Object.entries(about)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  );
  console.log(`µs per call, median of ${ROUNDS} rounds of ${CALLS_PER_ROUND} (min–max)\n`);
  console.log(
    `${'operation'.padEnd(30)}${`${few} nodes`.padStart(22)}${`${many} nodes`.padStart(22)}   ratio`,
  );
  for (const [name, bySize] of Object.entries(results)) {
    const [small, large] = [bySize[few], bySize[many]];
    if (small === undefined || large === undefined) continue;
    const ratio = (large.median / small.median).toFixed(2);
    console.log(
      `${name.padEnd(30)}${text(small).padStart(22)}${text(large).padStart(22)}${ratio.padStart(8)}`,
    );
  }
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const server = await startTestRedis();
const redis = new Redis(server.socket);
const store = createRedisStore({ redis, retention: { historyEntries: 100, eventEntries: 10_000 } });
try {
  const about = await machine(redis);
  const results = await run(redis, store);
  if (values.json) console.log(JSON.stringify({ machine: about, unit: 'µs', results }));
  else print(about, results);
} finally {
  await store.close();
  redis.disconnect();
  await server.stop();
}
