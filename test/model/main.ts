/**
 * `npm run model -- --steps 100000 --seed 7`: the model in the size of a night. A failing run prints what repeats it:
 * `--seed … --path … --replay …`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startTestRedis } from '../support/redis.js';
import { neverMet } from './coverage.js';
import { againOf, type ModelReport, runModel } from './model.js';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    path: { type: 'string' },
    replay: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
  },
});
const steps = Number(values.steps);
const seed = Number(values.seed);
if (!Number.isInteger(steps) || steps < 1 || !Number.isInteger(seed)) {
  process.stderr.write('--steps and --seed must be whole numbers, --steps at least 1\n');
  process.exit(2);
}

const server = await startTestRedis(['--appendfsync', 'no']);
const redis = new Redis(server.socket);
const directory = mkdtempSync(join(tmpdir(), 'ny-model-'));
const startedAt = performance.now();
const seconds = (): string => ((performance.now() - startedAt) / 1_000).toFixed(1);
let saidAt = startedAt;
process.stdout.write(`model: ${steps} steps, seed ${seed}\n`);
const report = await runModel({
  redis,
  directory,
  seed,
  steps,
  ...(values.trace ? { trace: (line) => void process.stdout.write(`${line}\n`) } : {}),
  ...(values['no-shrink'] ? { shrinkMs: 0 } : {}),
  ...(values.path === undefined ? {} : { replay: { path: values.path, replayPath: values.replay ?? '' } }),
  onWalk: (so) => {
    if (performance.now() - saidAt < 10_000) return;
    saidAt = performance.now();
    process.stdout.write(`${so.steps} steps in ${so.walks} walks, ${seconds()} s\n`);
  },
});
redis.disconnect();
await server.stop();
rmSync(directory, { recursive: true, force: true });
const missed = values.path === undefined ? neverMet(report.coverage, report.steps) : [];
process.stdout.write(textOf(report));
process.exitCode = report.failure === undefined && missed.length === 0 ? 0 : 1;

function textOf({ steps: taken, restSteps, walks, coverage, failure }: ModelReport): string {
  const sum = `${taken} steps in ${walks} walks, and ${restSteps} steps to rest, in ${seconds()} s`;
  if (failure !== undefined) {
    return `${failure.walk}\n\n${failure.message}\n\n${sum}\nFAILED; once more: ${againOf(failure)}\n`;
  }
  const lines = coverage.all.map(([what, count]) => `${String(count).padStart(9)}  ${what}`);
  const never = missed.length === 0 ? '' : `FAILED: never met ${missed.join(', ')}\n`;
  return `${lines.join('\n')}\n${sum}: every invariant held\n${never}`;
}
