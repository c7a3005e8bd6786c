/**
 * Time and memory of ten thousand syntheses, with the token guard and without it, in alternation, a fresh process for each
 * series.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { interleave } from './measure.js';
import type { BenchContext, Report } from './report.js';
import { formatSpread, spreadOf } from './statistics.js';

export interface SynthMeasurement {
  readonly msPerSynth: number;
  /** Of the heap, after a collection. */
  readonly grownMiB: number;
  /** Left in the CDK’s token maps. */
  readonly tokens: number;
}

const PROCESS = fileURLToPath(new URL('./synth-process.ts', import.meta.url));
const STACKS = ['local-node', 'aws-node'] as const;
const GUARDS = ['guarded', 'unguarded'] as const;
const ROUNDS = 3;

interface Series {
  readonly name: string;
  readonly count: number;
  readonly run: () => Promise<SynthMeasurement>;
}

export async function synthBenchmark({ quick, signal, say }: BenchContext): Promise<Report> {
  const count = quick ? 1_000 : 10_000;
  // Fewer without the guard: ten thousand would take half a gigabyte and more.
  const counts = { guarded: count, unguarded: count / 10 };
  const series = STACKS.flatMap((stack) =>
    GUARDS.map(
      (guard): Series => ({
        name: `${stack}, ${guard}`,
        count: counts[guard],
        run: () => inOwnProcess(stack, guard, counts[guard], signal),
      }),
    ),
  );
  const rounds = quick ? 1 : ROUNDS;
  const samples = await interleave(Object.fromEntries(series.map(({ name, run }) => [name, run])), {
    rounds,
    warmups: 0,
    signal,
    onRound: (round) => say(`synth: round ${round} of ${rounds}`),
  });
  return {
    title: `${count.toLocaleString('en')} syntheses`,
    notes: [
      `Inputs to cdk.tf.json, in the worker’s process; ${rounds} interleaved rounds, a fresh process each, median (min–max).`,
      'Heap is what lives after a garbage collection. Unguarded: the CDK’s token maps are left to grow, for a tenth of the syntheses.',
    ],
    tables: [
      {
        columns: ['stack', 'syntheses', 'ms each', 'heap kept each, KiB', 'heap grown, MiB', 'tokens held'],
        rows: series.map(({ name, count: done }) => rowOf(name, done, samples[name] ?? [])),
      },
    ],
    data: { count, samples },
  };
}

const rowOf = (name: string, count: number, seen: readonly SynthMeasurement[]): string[] => [
  name,
  count.toLocaleString('en'),
  formatSpread(spreadOf(seen.map(({ msPerSynth }) => msPerSynth)), 2),
  formatSpread(spreadOf(seen.map(({ grownMiB }) => (grownMiB * 1024) / count)), 2),
  formatSpread(spreadOf(seen.map(({ grownMiB }) => grownMiB)), 1),
  spreadOf(seen.map(({ tokens }) => tokens)).median.toLocaleString('en'),
];

async function inOwnProcess(
  stack: string,
  guard: string,
  count: number,
  signal: AbortSignal,
): Promise<SynthMeasurement> {
  // The same loader flags as this process: it runs TypeScript.
  const args = [...process.execArgv, PROCESS, stack, guard, String(count)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal });
  return JSON.parse(stdout) as SynthMeasurement;
}
