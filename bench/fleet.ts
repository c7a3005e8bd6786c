/**
 * Many nodes at once: through the queue with one worker, against the best shell loop, and against a loop of `cdktf deploy`.
 * Every node is created and destroyed; time and processor time are taken in rounds that alternate, memory in one more.
 */
import { openCdktfLoop } from './cdktf-loop.js';
import { type FleetSide, loopSide, queueSide } from './fleet-sides.js';
import { type FleetRounds, fleetTable } from './fleet-table.js';
import { interleave } from './measure.js';
import { PlainTerraform } from './plain-terraform.js';
import { canMeasureProcesses, watchMemory } from './process-tree.js';
import type { BenchContext, Report } from './report.js';
import { BenchYard, type StackName } from './yard.js';

interface Fleet {
  readonly stack: StackName;
  readonly count: number;
  readonly rounds: number;
}

const FLEETS: readonly Fleet[] = [
  { stack: 'tiny', count: 20, rounds: 7 },
  { stack: 'tiny', count: 50, rounds: 5 },
  { stack: 'local-node', count: 20, rounds: 5 },
];
const QUICK_FLEETS: readonly Fleet[] = [
  { stack: 'tiny', count: 8, rounds: 2 },
  { stack: 'local-node', count: 4, rounds: 2 },
];
const AT_ONCE = [1, 2, 4, 8] as const;
/** Few: each takes seconds. */
const CDKTF = { count: 4, rounds: 3 } as const;
const QUICK_CDKTF = { count: 2, rounds: 1 } as const;

export async function fleetBenchmark(context: BenchContext): Promise<Report> {
  const { quick, signal } = context;
  const seen: FleetRounds[] = [];
  const notes = await BenchYard.use(signal, async (yard) => {
    const plain = await PlainTerraform.open(yard, signal);
    for (const fleet of quick ? QUICK_FLEETS : FLEETS) {
      const sides: Record<string, FleetSide> = { nodeyard: queueSide(yard, fleet.stack, fleet.count) };
      const configurations = await configurationsOf(yard, plain, fleet);
      for (const atOnce of AT_ONCE) sides[`xargs -P ${atOnce}`] = loopSide(plain, configurations, atOnce);
      seen.push(await roundsOf(`${fleet.count} × ${fleet.stack}`, fleet, sides, context));
    }
    const fleet = { stack: 'tiny', ...(quick ? QUICK_CDKTF : CDKTF) } as const;
    const cdktf = await openCdktfLoop(yard, fleet.count, context);
    if (typeof cdktf === 'string') return [...notesOf(yard), `cdktf deploy could not be measured: ${cdktf}`];
    const sides = { nodeyard: queueSide(yard, fleet.stack, fleet.count), ...cdktf };
    seen.push(await roundsOf(`${fleet.count} × tiny, cdktf deploy`, fleet, sides, context));
    return notesOf(yard);
  });
  return {
    title: 'Many nodes at once against a shell loop and cdktf deploy',
    notes,
    tables: seen.map(fleetTable),
    data: seen,
  };
}

const notesOf = ({ app: { config } }: BenchYard): string[] => [
  `One worker, ${config.worker.creates} creates and ${config.worker.destroys} destroys at once (the configuration’s); all nodes are requested in one moment.`,
  'xargs -P: over directories that hold the very same cdk.tf.json, initialized once, with the same data directory and flags.',
  'Seconds from the first request to the last node, median of interleaved rounds (min–max); × is the other’s time by nodeyard’s, round by round: above 1 nodeyard is faster.',
  'CPU seconds of both passes: the worker, its Terraforms and the Redis; the loop and its Terraforms.',
  'Memory: the most that the process tree had at once (PSS) in a round of its own; without the Redis.',
];

/** What the loops apply: the configurations of nodes that the queue has made, in a first round that does not count. */
async function configurationsOf(
  yard: BenchYard,
  plain: PlainTerraform,
  { stack, count }: Fleet,
): Promise<readonly string[]> {
  const nodes = await yard.create(stack, count);
  const configurations = await plain.configurationsOf(nodes);
  await yard.destroy(nodes);
  return configurations;
}

async function roundsOf(
  name: string,
  { count, rounds }: Fleet,
  sides: Readonly<Record<string, FleetSide>>,
  { signal, say }: BenchContext,
): Promise<FleetRounds> {
  const timed = Object.fromEntries(Object.entries(sides).map(([side, work]) => [side, () => work()]));
  const samples = await interleave(timed, {
    rounds,
    warmups: 0,
    signal,
    onRound: (round) => say(`fleet: ${name}, round ${round} of ${rounds}`),
  });
  return { name, count, samples, memory: await memoryOf(sides, signal) };
}

/** MiB by side; empty where /proc is not to be had. */
async function memoryOf(
  sides: Readonly<Record<string, FleetSide>>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const peaks: Record<string, number> = {};
  if (!canMeasureProcesses) return peaks;
  for (const [name, side] of Object.entries(sides)) {
    signal.throwIfAborted();
    const watches: ReturnType<typeof watchMemory>[] = [];
    try {
      await side((pid) => watches.push(watchMemory(pid)));
    } finally {
      peaks[name] = Math.max(...watches.map((watch) => watch.stop()));
    }
  }
  return peaks;
}
