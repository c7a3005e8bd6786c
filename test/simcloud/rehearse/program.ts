/** The command line of a rehearsal. */
import { type Command, Option } from 'commander';
import { gather } from '../../../src/cli/arguments.js';
import type { Act, Call } from '../../../src/cli/call.js';
import type { ExitName } from '../../../src/cli/exit-status.js';
import { exitNameOf } from '../../../src/cli/failure.js';
import type { Io } from '../../../src/cli/io.js';
import { commandOf } from '../../../src/cli/program.js';
import { exitLines } from '../../../src/cli/teach.js';
import { PLAN_NAMES } from '../plans.js';
import { keepBooks } from './books.js';
import { play } from './play.js';
import { printReport } from './print.js';
import { serve } from './serve.js';
import { openStage, type Stage } from './stage.js';
import { type RehearseOptions, readWish, type Wish } from './wish.js';

export function buildRehearse(io: Io, act: Act): Command {
  return commandOf('rehearse', io)
    .description(
      'Creates and destroys nodes in a simulated cloud, with the faults that you choose, and shows from the cloud’s own\n' +
        'ledger what existed, what it cost and what nobody owned at the end. Exit status 0 only where that is nothing.',
    )
    .option('--stack <name>', 'what the nodes are made of', 'aws-node')
    .option('--stack-module <file>', 'a module with stacks of your own; again for more', gather)
    .option('--input <key=value>', 'an input of the stack, a.b=1 reaches inside; again for more', gather)
    .option('--inputs, --inputs-file <file>', 'inputs from a JSON file, or from standard input for -')
    .option('--nodes <n>', 'so many', '3')
    .option('--faults <plan>', `a JSON file with a plan, or one of ${PLAN_NAMES.join(', ')}`)
    .option('--seed <seed>', 'for faults that strike by probability: the same seed, the same faults', '0')
    .option('--may-fail', 'a create that is FAILED for good is no failure of the rehearsal')
    .option('--timeout <duration>', 'for all creates together, and again for all destroys', '10m')
    .option('--settle <duration>', 'how long something without an owner may take to be gone', '2m')
    .option('--real-waits', 'wait between attempts as long as is configured, not seconds')
    .option('--cloud <directory>', 'the simulated cloud to use; one that runs there, or a new one')
    .option('--cloud-settings <file>', 'JSON: times, quotas and images of a new cloud')
    .option('--directory <directory>', 'where everything is kept; a temporary one where absent')
    .option('--keep', 'keep the temporary directory also when all went well')
    .option('--serve', 'create nothing: leave cloud and worker running, for `nodeyard` in another terminal')
    .option('--config <file>', 'configuration file (NODEYARD_CONFIG; else nodeyard.json)')
    .option('--log-level <level>', 'how much the worker logs to stderr (NODEYARD_LOG_LEVEL)')
    .addOption(new Option('--json', 'the report as one line of JSON; words go to stderr'))
    .option('--no-color', 'no colour (NO_COLOR)')
    .addHelpText('after', lesson())
    .action((options: RehearseOptions) => act((call) => rehearse(call, options)));
}

const EXAMPLES = [
  'npm run rehearse',
  'npm run rehearse -- --nodes 5 --faults throttling',
  'npm run rehearse -- --input region=us-west-2 --input spot.maxPrice=0.05 --faults plan.json --seed 7 --json',
  'npm run rehearse -- --stack-module ./mine.mjs --stack media-node --inputs-file edge.json',
  'npm run rehearse -- --serve --directory /tmp/rehearsal',
];

const lesson = (): string =>
  [
    '',
    'Examples:',
    ...EXAMPLES.map((line) => `  $ ${line}`),
    '',
    'Exit status:',
    ...exitLines(['done', 'failed', 'usage', 'interrupted', 'terminated']),
  ].join('\n');

async function rehearse(call: Call, options: RehearseOptions): Promise<ExitName> {
  const wish = await readWish(call, options);
  const unhear = call.io.interrupts.subscribe((count) => call.output.note(remarkOnInterrupt(count)));
  const stage = await openStage(call, wish);
  let ending: ExitName = 'failed';
  try {
    ending = wish.serve ? await serve(call, stage, wish) : await perform(call, stage, wish);
    return ending;
  } finally {
    unhear();
    await stage.close({ keep: wish.keep || wish.serve || ending !== 'done' });
  }
}

const remarkOnInterrupt = (count: number): string =>
  count === 1
    ? 'interrupted: bringing to its end what was begun'
    : 'still at it; once more ends at once, and leaves the directory as it is';

async function perform(call: Call, stage: Stage, wish: Wish): Promise<ExitName> {
  const { signal } = call.io.interrupts;
  const books = await keepBooks(stage.cloud);
  await stage.inject(wish);
  const played = await play(call, stage, wish);
  const report = await books.close(stage.app.store, played);
  const well = printReport(call, wish, report);
  if (signal.aborted) return exitNameOf(signal.reason);
  return well ? 'done' : 'failed';
}
