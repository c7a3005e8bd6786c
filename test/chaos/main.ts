/** The entry of `npm run chaos`. Exits with 0 when nothing was wrong, 1 when something was, 2 for wrong usage. */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { type ChaosOptions, readArguments, USAGE } from './arguments.js';
import { runChaos } from './chaos.js';
import { makePlan } from './plan.js';
import { Progress } from './progress.js';
import { textOf } from './report.js';

async function run(options: ChaosOptions): Promise<number> {
  const { nodes, minutes, workers, seed } = options;
  const plan = makePlan({ nodes, minutes, workers, seed });
  if (options.plan) {
    process.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
    return 0;
  }
  const progress = new Progress(process.stderr);
  const interrupt = new AbortController();
  setMaxListeners(0, interrupt.signal);
  // For good: npm passes on the signal that the terminal has sent already.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => interrupt.abort(new Error('interrupted')));
  }
  progress.say(`chaos with seed ${seed}: ${nodes} nodes, ${workers} workers, ${minutes} min of attack`);
  try {
    const report = await runChaos(plan, {
      progress,
      interrupt: interrupt.signal,
      env: process.env,
      keep: options.keep,
    });
    process.stdout.write(`${options.json ? JSON.stringify(report) : textOf(report)}\n`);
    return report.ok ? 0 : 1;
  } catch (error) {
    progress.end();
    process.stderr.write(interrupt.signal.aborted ? 'interrupted\n' : `${(error as Error).stack}\n`);
    return interrupt.signal.aborted ? 130 : 1;
  }
}

const request = readArguments(process.argv.slice(2), randomBytes(4).toString('hex'));
if ('help' in request) process.stdout.write(USAGE);
else if ('problem' in request) {
  process.stderr.write(`${request.problem}\n\n${USAGE}`);
  process.exitCode = 2;
} else process.exitCode = await run(request);
