/**
 * What one look at all groups costs that finds nothing to do, which is nearly every look: every few seconds, in every worker whose turn it
 * is. Against the same look that sees its nodes in other ways; all of them have to come to the same decisions.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ScalingParts } from '../src/fleet/scaling/context.js';
import { type ScaleOptions, type ScalingReport, scale } from '../src/fleet/scaling.js';
import { interleave } from './measure.js';
import { canMeasureProcesses, cpuSecondsOf } from './process-tree.js';
import type { BenchContext, Report } from './report.js';
import { oneByOne, withAllRecords } from './scaling-peers.js';
import { NODES_PER_GROUP, type ScalingStage, useScalingStage } from './scaling-stage.js';
import { formatSpread, percentileOf, ratioOf, spreadOf } from './statistics.js';

const SIZE = { groups: 200, rounds: 9, looks: 100 } as const;
const QUICK_SIZE = { groups: 20, rounds: 3, looks: 10 } as const;

interface Look {
  readonly ms: number;
  /** Processor time of this process. */
  readonly cpuMs: number;
  readonly redisCpuMs: number;
}

type Samples = Readonly<Record<string, readonly Look[]>>;

const OURS = 'a look';

export async function scalingBenchmark(context: BenchContext): Promise<Report> {
  const size = context.quick ? QUICK_SIZE : SIZE;
  return useScalingStage(size.groups, context, async (stage) => {
    const look = lookerOn(stage, size.groups);
    // The first look of a fleet notes how every create went.
    const first = await look(() => stage.parts);
    const idsByGroup = await idsOf(stage);
    const slow = oneByOne(
      stage,
      (group) => idsByGroup.get(group) ?? [],
      (id) => stage.parts.heartbeats.getAll([id]),
    );
    const samples = await interleave(
      {
        [OURS]: () => look(() => stage.parts),
        'a dry look': () => look(() => stage.parts, { dryRun: true }),
        'all records in pages of 1,000': () => look(() => withAllRecords(stage)),
        'one node after the other': () => look(() => slow),
      },
      {
        rounds: size.rounds,
        warmups: 1,
        signal: context.signal,
        onRound: (round) => context.say(`scaling: round ${round} of ${size.rounds}`),
      },
    );
    context.say(`scaling: ${size.looks} looks`);
    const looks: Look[] = [];
    const heap = await heapOf(async () => {
      for (let count = 0; count < size.looks; count += 1) {
        context.signal.throwIfAborted();
        looks.push(await look(() => stage.parts));
      }
    });
    return report(size, { first, samples, looks, heap, memory: await stage.memory() });
  });
}

/** Times one look, and makes sure that it has seen every node and found nothing to do. */
function lookerOn({ pid }: ScalingStage, groups: number) {
  return async (
    open: () => ScalingParts | Promise<ScalingParts>,
    options: ScaleOptions = {},
  ): Promise<Look> => {
    const [start, cpu, redisCpu] = [performance.now(), process.cpuUsage(), cpuSecondsOf(pid)];
    const seen = await scale(await open(), options);
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    checkThat(seen, groups);
    return { ms, cpuMs: (user + system) / 1000, redisCpuMs: (cpuSecondsOf(pid) - redisCpu) * 1000 };
  };
}

/** The expressions must have been asked about every node: a look that knows no load would decide the same, and cost less. */
function checkThat({ groups, failures }: ScalingReport, expected: number): void {
  const roles = groups.flatMap((group) => group.roles);
  const nodes = roles.flatMap(({ decision }) => decision.census.serving);
  const heard = nodes.filter(({ load }) => load?.connections !== undefined);
  const isIdle = roles.every(
    ({ decision }) =>
      decision.acts.length === 0 && decision.why.some((each) => each.includes(' is false over ')),
  );
  if (failures.length > 0 || !isIdle || heard.length !== expected * NODES_PER_GROUP) {
    const said = `${groups.length} groups, ${heard.length} nodes heard, ${failures.length} failures`;
    throw new Error(`the look is not the one that is to be measured: ${said}`);
  }
}

async function idsOf({ parts }: ScalingStage): Promise<ReadonlyMap<string, readonly string[]>> {
  const ids = new Map<string, readonly string[]>();
  for (const { group } of (await scale(parts, { dryRun: true })).groups) {
    const { nodes } = await parts.store.glances(group.config.name);
    ids.set(
      group.config.name,
      nodes.map(({ id }) => id),
    );
  }
  return ids;
}

/** MiB: the most above rest that was seen while the work went on, and what lives after it. */
interface Heap {
  readonly most: number;
  readonly kept: number;
}

const HEAP_SAMPLE_MS = 10;

async function heapOf(work: () => Promise<void>): Promise<Heap> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const atRest = async (): Promise<number> => {
    await setImmediate();
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await atRest();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().heapUsed);
  }, HEAP_SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return { most: (most - before) / 1024 ** 2, kept: ((await atRest()) - before) / 1024 ** 2 };
}

interface Measured {
  readonly first: Look;
  readonly samples: Samples;
  readonly looks: readonly Look[];
  readonly heap: Heap;
  readonly memory: string;
}

function report(
  {
    groups,
    rounds,
    looks: count,
  }: { readonly groups: number; readonly rounds: number; readonly looks: number },
  measured: Measured,
): Report {
  const { first, samples, looks, heap, memory } = measured;
  const nodes = (groups * NODES_PER_GROUP).toLocaleString('en');
  const times = looks.map(({ ms }) => ms);
  const ours = (samples[OURS] ?? []).map(({ ms }) => ms);
  return {
    title: `One look at ${groups} groups with ${nodes} nodes`,
    notes: [
      `${groups} groups of two roles with ${NODES_PER_GROUP} nodes in service that report their load, both expressions of each role are asked, nothing is to be done; a private Redis over a unix socket, append-only file on.`,
      `Median of ${rounds} interleaved rounds (min–max), × is that way’s time by the look’s, round by round: above 1 the look is faster. CPU: processor time of the process and of Redis, in ms.`,
      'All ways share the groups, what is remembered of them and the decisions; they differ in how they see nodes. All records in pages: as a controller lists its objects, in as few calls as there can be. One after the other: record and heartbeat of each node by its id, which it is told.',
      `${count} looks after that: median ${percentileOf(times, 50).toFixed(0)} ms, p99 ${percentileOf(times, 99).toFixed(0)} ms. The first look, which notes how ${nodes} creates went: ${first.ms.toFixed(0)} ms.`,
      `Heap: ${heap.most.toFixed(0)} MiB above rest at most, ${heap.kept.toFixed(1)} MiB kept after ${count} looks. Redis uses ${memory}.`,
    ],
    tables: [
      {
        columns: ['', 'ms', '×', 'CPU', 'CPU of Redis'],
        rows: Object.entries(samples).map(([name, side]) => [
          name,
          formatSpread(spreadOf(side.map(({ ms }) => ms))),
          name === OURS
            ? ''
            : formatSpread(
                ratioOf(
                  side.map(({ ms }) => ms),
                  ours,
                ),
                2,
              ),
          spreadOf(side.map(({ cpuMs }) => cpuMs)).median.toFixed(0),
          canMeasureProcesses ? spreadOf(side.map(({ redisCpuMs }) => redisCpuMs)).median.toFixed(0) : '–',
        ]),
      },
    ],
    data: { groups, nodesPerGroup: NODES_PER_GROUP, ...measured },
  };
}
