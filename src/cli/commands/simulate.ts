/** `nodeyard simulate`: plays a load against the rules of a group, in no time and without a node. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { NodeyardError } from '../../errors.js';
import type { GroupConfig } from '../../groups/config.js';
import type { SimulationOutcome } from '../../scaling/simulation/outcome.js';
import type { SimulationSettings } from '../../scaling/simulation/settings.js';
import { gather, readCount, readDuration, readPairs } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { simulationText, totalsText } from '../simulation-view.js';
import { teach } from '../teach.js';

interface SimulateOptions {
  readonly file: string;
  readonly load: string;
  readonly group?: string;
  readonly svg?: string;
  readonly every?: string;
  readonly createTime?: string;
  readonly destroyTime?: string;
  readonly failRate?: string;
  readonly visit?: string;
  readonly metric?: readonly string[];
  readonly price?: string;
  readonly seed?: string;
}

const LARGEST_BYTES = 16 * 1024 * 1024;

export function defineSimulate(program: Command, act: Act): void {
  const command = program
    .command('simulate')
    .description(
      'Play a load curve against the rules of a group, in virtual time, and draw what comes of it.\nDecides by the same rules as scaling; needs neither Redis nor nodes.',
    )
    .requiredOption('-f, --file <file>', 'the group, as `nodeyard apply` reads it')
    .requiredOption(
      '--load <csv>',
      'columns time (seconds, or 90s, 10m, 2h) and load (clients); role for several roles',
    )
    .option('--group <name>', 'which one, where the file has several')
    .option('--svg <file>', 'draw it into a file as well')
    .option('--every <duration>', 'how often scaling looks (default 4s)')
    .option('--create-time <duration>', 'from the request of a node to its service (default 90s)')
    .option('--destroy-time <duration>', 'how long a destroy takes (default 30s)')
    .option('--fail-rate <part>', 'how many creates fail, from 0 to 1 (default 0)')
    .option(
      '--visit <duration>',
      'how long a client stays, on average; `none`: until the load falls (default 10m)',
    )
    .option(
      '--metric <name=expression>',
      'a number that nodes report: cpu=connections/200; may stand several times',
      gather,
    )
    .option('--price <amount>', 'of a node for an hour, to tell the cost')
    .option('--seed <n>', 'another chance; the same seed plays the same (default 1)')
    .action((options: SimulateOptions) => act((call) => play(call, options)));
  teach(command, {
    examples: [
      ['nodeyard simulate -f group.yaml --load load.csv'],
      [
        'nodeyard simulate -f group.yaml --load load.csv --create-time 3m --fail-rate 0.1 --price 0.085 --svg out.svg',
      ],
    ],
    exits: [],
  });
}

async function play(call: Call, options: SimulateOptions): Promise<ExitName> {
  const { output, io } = call;
  const price = options.price === undefined ? undefined : readNumber('--price', options.price, 1e6);
  const settings = await settingsOf(options);
  const group = await groupIn(call, options);
  const [{ parseCurves }, { simulate }] = await Promise.all([
    import('../../scaling/simulation/curve.js'),
    import('../../scaling/simulation/simulate.js'),
  ]);
  const csv = await loadText(call, options.load);
  const outcome = within(options.load, () => simulate(group, parseCurves(csv), settings));
  if (options.svg !== undefined) await draw(outcome, resolve(io.cwd, options.svg), price);
  if (output.json) output.value({ ...outcome, ...(price === undefined ? {} : { price }) });
  else {
    output.line(simulationText(output, outcome, price));
    if (options.svg !== undefined) output.note(`drawn into ${options.svg}`);
  }
  return 'done';
}

async function draw(outcome: SimulationOutcome, path: string, price: number | undefined): Promise<void> {
  const { svgPicture } = await import('../../scaling/simulation/svg-picture.js');
  const remarks = Object.fromEntries(outcome.roles.map((role) => [role.role, totalsText(role, price)]));
  try {
    await writeFile(path, svgPicture(outcome, remarks));
  } catch (error) {
    throw usageError(`--svg ${path}: cannot be written (${codeOf(error)})`, '--svg');
  }
}

async function groupIn({ io }: Call, { file, group: name }: SimulateOptions): Promise<GroupConfig> {
  const [{ readGroups }, { granted }] = await Promise.all([
    import('../group-files.js'),
    import('../../groups/config.js'),
  ]);
  // Nothing is made of its stack, which may be known to the workers alone.
  const wishes = await readGroups([file], io, () => undefined);
  const [first, ...others] = name === undefined ? wishes : wishes.filter((wish) => wish.name === name);
  if (first === undefined) throw usageError(`${file} has no group ${JSON.stringify(name)}`, '--group');
  if (others.length > 0) {
    const names = wishes.map((wish) => wish.name).join(', ');
    throw usageError(`${file} has several groups: name one of ${names}`, '--group');
  }
  return granted(first, undefined);
}

async function loadText({ io }: Call, file: string): Promise<string> {
  try {
    const content = await readFile(resolve(io.cwd, file));
    if (content.byteLength <= LARGEST_BYTES) return content.toString('utf8');
  } catch (error) {
    throw usageError(`--load ${file}: cannot be read (${codeOf(error)})`, '--load');
  }
  throw usageError(`--load ${file}: must be at most ${LARGEST_BYTES} bytes`, '--load');
}

async function settingsOf(options: SimulateOptions): Promise<SimulationSettings> {
  const [{ SIMULATION_DEFAULTS: defaults }, { parseMeasure }] = await Promise.all([
    import('../../scaling/simulation/settings.js'),
    import('../../groups/expressions.js'),
  ]);
  const time = async (option: string, text: string | undefined, absent: number): Promise<number> =>
    text === undefined ? absent : readDuration(option, text);
  const metrics = Object.fromEntries(readPairs('--metric', options.metric));
  for (const [metric, text] of Object.entries(metrics))
    within(`--metric ${metric}`, () => parseMeasure(text));
  const { visit, failRate, seed } = options;
  return {
    every: await time('--every', options.every, defaults.every),
    createTime: await time('--create-time', options.createTime, defaults.createTime),
    destroyTime: await time('--destroy-time', options.destroyTime, defaults.destroyTime),
    failRate: failRate === undefined ? defaults.failRate : readNumber('--fail-rate', failRate, 1),
    visit: visit === 'none' ? null : await time('--visit', visit, defaults.visit ?? 0),
    metrics,
    seed: seed === undefined ? defaults.seed : readCount('--seed', seed, { min: 0, max: 4_294_967_295 }),
  };
}

function readNumber(option: string, text: string, max: number): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (number >= 0 && number <= max) return number;
  throw usageError(`${option} is ${JSON.stringify(text)}: must be a number from 0 to ${max}`, option);
}

/** Errors name the place. */
function within<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof NodeyardError)) throw error;
    throw usageError(`${place}: ${error.message}`, error.field);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
