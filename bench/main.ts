/** The benchmarks: `npm run bench -- [job] [fleet] [synth] [store] [api] [route] [scaling] [--quick] [--json | --markdown]`. */
import { setMaxListeners } from 'node:events';
import { apiBenchmark } from './api.js';
import { type BenchRequest, readArguments } from './arguments.js';
import { fleetBenchmark } from './fleet.js';
import { jobBenchmark } from './job.js';
import { describeMachine, machineLine } from './machine.js';
import { type Benchmark, markdownOf, type Report, textOf } from './report.js';
import { routeBenchmark } from './route.js';
import { scalingBenchmark } from './scaling.js';
import { storeBenchmark } from './store.js';
import { synthBenchmark } from './synth.js';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  job: jobBenchmark,
  fleet: fleetBenchmark,
  synth: synthBenchmark,
  store: storeBenchmark,
  api: apiBenchmark,
  route: routeBenchmark,
  scaling: scalingBenchmark,
};

const USAGE = `Usage: npm run bench -- [benchmark…] [options]

Benchmarks, all when none is named:
  job     one job through the queue against one bare terraform apply
  fleet   many nodes at once against a shell loop (xargs -P) and a cdktf deploy loop, which installs cdktf-cli
  synth   ten thousand syntheses: time, memory, tokens
  store   the state store with a thousand and with a hundred thousand nodes
  api     reads over HTTP with a hundred thousand nodes and a thousand listeners
  route   which of a thousand nodes serve next, over HTTP, against a plain fastify
  scaling one look at two hundred groups of ten thousand nodes, against other ways to see them

Options:
  --quick      smaller sizes and fewer rounds, to see that it runs
  --json       every sample as one JSON object on stdout
  --markdown   tables for the README
`;

async function run({ names, form, quick }: BenchRequest, signal: AbortSignal): Promise<void> {
  const machine = describeMachine();
  const date = new Date().toISOString().slice(0, 10);
  const about = `${date}. ${machineLine(machine)}${quick ? '. Quick run: small sizes, few rounds' : ''}.`;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const reports: Record<string, Report> = {};
  if (form !== 'json') console.log(`${about}\n`);
  for (const name of names) {
    const report = await BENCHMARKS[name]?.({ quick, signal, say });
    if (report === undefined) continue;
    reports[name] = report;
    if (form !== 'json') console.log(`${form === 'text' ? textOf(report) : markdownOf(report)}\n`);
  }
  if (form === 'json') console.log(JSON.stringify({ date, machine, quick, reports }));
}

async function runUntilInterrupted(request: BenchRequest): Promise<void> {
  const interrupt = new AbortController();
  // Every node that is waited for listens.
  setMaxListeners(0, interrupt.signal);
  const stop = (): void => interrupt.abort(new Error('interrupted'));
  // For good: npm and tsx each pass on the signal that the terminal has sent already.
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await run(request, interrupt.signal);
  } catch (error) {
    process.stderr.write(interrupt.signal.aborted ? 'interrupted\n' : `${(error as Error).stack}\n`);
    process.exitCode = interrupt.signal.aborted ? 130 : 1;
  }
}

const request = readArguments(process.argv.slice(2), Object.keys(BENCHMARKS));
if ('help' in request) process.stdout.write(USAGE);
else if ('problem' in request) {
  process.stderr.write(`${request.problem}\n\n${USAGE}`);
  process.exitCode = 2;
} else await runUntilInterrupted(request);
