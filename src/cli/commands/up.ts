/** `nodeyard up`: everything in one process, with what happens shown as it happens. */
import type { Command } from 'commander';
import type { StartedWorker } from '../../../workers/worker.js';
import type { ApiOptions, StartedApi } from '../../api.js';
import type { App } from '../../app.js';
import { addressHere } from '../../auth/node-access.js';
import type { Act, Call } from '../call.js';
import { eventFeed } from '../event-feed.js';
import { eventLine } from '../event-line.js';
import type { ExitName } from '../exit-status.js';
import { fields } from '../fields.js';
import { refuseRemote, STARTS_HERE } from '../fleet/place.js';
import { configOf, rehearsalOf, withApp, workerLog } from '../opened.js';
import { redisPlace } from '../redis-place.js';
import { teach } from '../teach.js';
import { apiPlace } from './api.js';

export function defineUp(program: Command, act: Act): void {
  const command = program
    .command('up')
    .description(
      'Run everything in one process: a private Redis unless REDIS_URL is set, a worker and the HTTP API. Ctrl-C ends it.',
    )
    .action(() => act(up));
  teach(command, {
    examples: [['nodeyard up'], ['nodeyard up --json', 'a line for “ready”, then one for every event']],
    exits: ['redis'],
  });
}

async function up(call: Call): Promise<ExitName> {
  refuseRemote(call, STARTS_HERE);
  const log = await workerLog(call, await configOf(call), { quiet: true });
  return withApp(
    call,
    async (app) => {
      const { serve } = await import('../serve.js');
      const after = await app.store.latestPosition();
      call.io.interrupts.holdExit();
      // Before the worker: the nodes that it makes on this machine are told where the API is.
      let started: StartedWorker | undefined;
      const api = await serveApi(call, app, () => started?.metrics.scrape());
      let closed: Promise<void> | undefined;
      const meanwhile = async (worker: StartedWorker): Promise<void> => {
        started = worker;
        try {
          await sayReady(call, app, { worker, api });
          await showEvents(call, app, after);
        } finally {
          // Not waited for here: the worker has to hear of its end at once.
          closed = api?.close();
          closed?.catch(() => undefined);
        }
      };
      try {
        await serve(call, app, meanwhile, { api: api === undefined ? undefined : addressHere(api.url) });
      } finally {
        await (closed ?? api?.close());
      }
      if (!call.output.json) call.output.note('stopped');
      return 'done';
    },
    { temper: 'patient', log },
  );
}

/** Undefined where it is off, or where nobody has chosen its address and another program has taken the usual one. */
async function serveApi(
  { output }: Call,
  app: App,
  metrics: ApiOptions['metrics'],
): Promise<StartedApi | undefined> {
  const { listen: place, listenChosen } = app.config.api;
  if (place === undefined) return undefined;
  const [{ startApi }, { isTaken }] = await Promise.all([
    import('../../api.js'),
    import('../../http/listen.js'),
  ]);
  try {
    return await startApi(app, metrics === undefined ? {} : { metrics });
  } catch (error) {
    if (listenChosen || !isTaken(error)) throw error;
    output.note(
      `${output.paintNote('yellow', 'note:')} no API here: something else listens at ${place.host}:${place.port}; NODEYARD_API_LISTEN chooses another address, or \`off\``,
    );
    return undefined;
  }
}

async function sayReady(
  { output }: Call,
  app: App,
  {
    worker: { terraform, metricsUrl },
    api,
  }: { readonly worker: StartedWorker; readonly api: StartedApi | undefined },
): Promise<void> {
  const { path: binary, product, version } = terraform;
  const { dataDir, worker } = app.config;
  if (output.json) {
    output.value({
      type: 'ready',
      redis: redisPlace(app),
      dataDir,
      terraform: { binary, product, version },
      api: api === undefined ? null : { url: api.url, open: api.open },
      ...(metricsUrl === undefined ? {} : { metrics: metricsUrl }),
      ...rehearsalOf(app),
    });
    return;
  }
  output.line(
    fields(output, [
      ['redis', redisPlace(app)],
      ['data', dataDir],
      ['terraform', `${product} ${version} (${binary})`],
      ['api', api === undefined ? 'off' : apiPlace(api)],
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
