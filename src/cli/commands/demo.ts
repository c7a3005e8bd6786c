/** `nodeyard demo`: creates nodes, looks at them, destroys them, and checks that nothing is left. */
import type { Command } from 'commander';
import type { App } from '../../app.js';
import { readCount, readDuration } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { Demonstrated } from '../demo/demonstration.js';
import type { Leftover } from '../demo/leftovers.js';
import { eventLine } from '../event-line.js';
import type { ExitName } from '../exit-status.js';
import { exitNameOf, usageError } from '../failure.js';
import { refuseRemote, STARTS_HERE } from '../fleet/place.js';
import { configOf, withApp } from '../opened.js';
import { printable } from '../printable.js';
import { teach } from '../teach.js';
import { elapsed } from '../times.js';

interface DemoOptions {
  readonly nodes: string;
  readonly stack: string;
  readonly timeout: string;
}

const MOST = 1_000;

export function defineDemo(program: Command, act: Act): void {
  const command = program
    .command('demo')
    .description('Create nodes through the queue, call them, destroy them, and check that nothing is left.')
    .option('--nodes <n>', 'so many', '3')
    .option('--stack <name>', 'what the nodes are made of; it has to do without inputs', 'local-node')
    .option('--timeout <duration>', 'for all creates together, and again for all destroys', '10m')
    .action((options: DemoOptions) => act((call) => demo(call, options)));
  teach(command, {
    examples: [
      ['nodeyard demo'],
      [
        'nodeyard demo --nodes 20 --json',
        'the last line: {"created":20,"destroyed":20,"leaked":0,"seconds":…}',
      ],
    ],
    exits: ['redis', 'interrupted', 'terminated'],
  });
}

async function demo(call: Call, options: DemoOptions): Promise<ExitName> {
  const nodes = readCount('--nodes', options.nodes, { min: 1, max: MOST });
  const timeoutMs = await readDuration('--timeout', options.timeout);
  refuseRemote(call, STARTS_HERE);
  await refuseUnfitStack(call, options.stack);
  return withApp(call, (app) => runDemo(call, app, { nodes, stack: options.stack, timeoutMs }), {
    temper: 'patient',
  });
}

/** Before a worker is started for it. */
async function refuseUnfitStack(call: Call, name: string): Promise<void> {
  const config = await configOf(call);
  const [{ loadCatalog }, { parseInputs }] = await Promise.all([
    import('../../../stacks/catalog.js'),
    import('../../synth/inputs.js'),
  ]);
  const stack = (await loadCatalog(config.stacks)).get(name);
  try {
    parseInputs(stack, {});
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(`--stack ${name} cannot do without inputs: ${reason}`, '--stack');
  }
}

interface Wish {
  readonly nodes: number;
  readonly stack: string;
  readonly timeoutMs: number;
}

async function runDemo(call: Call, app: App, wish: Wish): Promise<ExitName> {
  const { io, output } = call;
  const [{ startWorker }, { stopGracefully }, { demoGroup, demonstrate }, { leftoversOf }] =
    await Promise.all([
      import('../../../workers/worker.js'),
      import('../serve.js'),
      import('../demo/demonstration.js'),
      import('../demo/leftovers.js'),
    ]);
  const say = (text: string): void => (output.json ? output.note(text) : output.line(text));
  const onStep = (text: string): void => say(output.paint('bold', text));
  const began = performance.now();
  const group = demoGroup();
  io.interrupts.holdExit();
  const worker = await startWorker(app);
  const unsubscribe = app.tail.subscribe((event) => {
    if (event.group === group && event.type === 'transition') say(eventLine(output, event));
  });
  const unhear = io.interrupts.subscribe((count) => output.note(remarkOnInterrupt(count, group)));
  let done: Demonstrated;
  try {
    done = await demonstrate(app, group, { ...wish, signal: io.interrupts.signal, onStep });
  } finally {
    unhear();
    unsubscribe();
    await stopGracefully(call, app, worker);
  }
  onStep('looking for what is left');
  const left = await leftoversOf(app, done.ids, done.processes);
  return report(call, wish, done, left, performance.now() - began);
}

const remarkOnInterrupt = (count: number, group: string): string =>
  count === 1
    ? 'interrupted: destroying what was made'
    : `still destroying; once more ends at once, and \`nodeyard destroy --all --group ${group} --yes\` takes it up again`;

function report(
  { io, output }: Call,
  wish: Wish,
  { created, destroyed, problems }: Demonstrated,
  left: readonly Leftover[],
  ms: number,
): ExitName {
  for (const problem of problems) output.note(`${output.paintNote('red', 'error:')} ${printable(problem)}`);
  for (const { nodeId, what } of left) output.note(`${output.paintNote('red', 'left:')} ${nodeId}: ${what}`);
  const leaked = new Set(left.map(({ nodeId }) => nodeId)).size;
  const well = created === wish.nodes && destroyed === wish.nodes && leaked === 0 && problems.length === 0;
  if (output.json) {
    output.value({ created, destroyed, leaked, seconds: Math.round(ms) / 1_000 });
  } else {
    const summary = `created ${created}, destroyed ${destroyed}, leaked ${leaked} in ${elapsed(ms)}`;
    output.line(output.paint(well ? 'green' : 'red', summary));
  }
  if (io.interrupts.signal.aborted) return exitNameOf(io.interrupts.signal.reason);
  return well ? 'done' : 'failed';
}
