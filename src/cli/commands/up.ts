/** `nodeyard up`: everything in one process, with what happens shown as it happens. */
import type { Command } from 'commander';
import type { StartedWorker } from '../../../workers/worker.js';
import type { App } from '../../app.js';
import type { Act, Call } from '../call.js';
import { eventFeed } from '../event-feed.js';
import { eventLine } from '../event-line.js';
import type { ExitName } from '../exit-status.js';
import { fields } from '../fields.js';
import { configOf, rehearsalOf, withApp, workerLog } from '../opened.js';
import { redisPlace } from '../redis-place.js';
import { teach } from '../teach.js';

export function defineUp(program: Command, act: Act): void {
  const command = program
    .command('up')
    .description(
      'Run everything in one process: a private Redis unless REDIS_URL is set, and a worker. Ctrl-C ends it.',
    )
    .action(() => act(up));
  teach(command, {
    examples: [['nodeyard up'], ['nodeyard up --json', 'a line for “ready”, then one for every event']],
    exits: ['redis'],
  });
}

async function up(call: Call): Promise<ExitName> {
  const log = await workerLog(call, await configOf(call), { quiet: true });
  return withApp(
    call,
    async (app) => {
      const { serve } = await import('../serve.js');
      const after = await app.store.latestPosition();
      await serve(call, app, async (worker) => {
        await sayReady(call, app, worker);
        await showEvents(call, app, after);
      });
      if (!call.output.json) call.output.note('stopped');
      return 'done';
    },
    { temper: 'patient', log },
  );
}

async function sayReady({ output }: Call, app: App, started: StartedWorker): Promise<void> {
  const { path: binary, product, version } = started.terraform;
  const { metricsUrl } = started;
  const { dataDir, worker } = app.config;
  if (output.json) {
    const terraform = { binary, product, version };
    const metrics = metricsUrl === undefined ? {} : { metrics: metricsUrl };
    output.value({
      type: 'ready',
      redis: redisPlace(app),
      dataDir,
      terraform,
      ...metrics,
      ...rehearsalOf(app),
    });
    return;
  }
  output.line(
    fields(output, [
      ['redis', redisPlace(app)],
      ['data', dataDir],
      ['terraform', `${product} ${version} (${binary})`],
      ['metrics', metricsUrl],
      ['worker', `${worker.creates} creates and ${worker.destroys} destroys at once`],
    ]),
  );
  output.line('waiting for jobs; Ctrl-C ends it');
}

/** Until the first interrupt. */
async function showEvents({ io, output }: Call, app: App, after: string): Promise<void> {
  for await (const event of eventFeed(app.store, { after, signal: io.interrupts.signal })) {
    if (output.json) output.value(event);
    else output.line(eventLine(output, event));
  }
}
