/** `nodeyard api`: the HTTP API and nothing else. */
import type { Command } from 'commander';
import type { StartedApi } from '../../api.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { refuseRemote, STARTS_HERE } from '../fleet/place.js';
import { configOf, withApp, workerLog } from '../opened.js';
import { redisPlace } from '../redis-place.js';
import { teach } from '../teach.js';

export function defineApi(program: Command, act: Act): void {
  const command = program
    .command('api')
    .description('Serve the HTTP API until Ctrl-C or TERM; then requests at work may end.')
    .option('--listen <address>', 'host:port (NODEYARD_API_LISTEN; else 127.0.0.1:7422)')
    .action(({ listen }: { readonly listen?: string }) => act((call) => api(listening(call, listen))));
  teach(command, {
    examples: [
      ['nodeyard api', 'open to this machine until there is a token'],
      ['nodeyard api --listen 0.0.0.0:7422', 'for others: takes `nodeyard token create` first'],
    ],
    exits: ['redis'],
  });
}

async function api(call: Call): Promise<ExitName> {
  refuseRemote(call, STARTS_HERE);
  const log = await workerLog(call, await configOf(call), { quiet: false });
  return withApp(
    call,
    async (app) => {
      const [{ startApi }, { deliverWebhooks }, { fleetMetrics }] = await Promise.all([
        import('../../api.js'),
        import('../../../workers/webhooks.js'),
        import('../../../workers/metrics.js'),
      ]);
      call.io.interrupts.holdExit();
      const patient = await app.beside('patient');
      const metrics = fleetMetrics(app);
      const started = await startApi(app, { metrics: () => metrics.scrape() });
      const webhooks = deliverWebhooks(patient, metrics.webhooks);
      try {
        const { url, open } = started;
        if (call.output.json) call.output.value({ type: 'ready', url, open, redis: redisPlace(app) });
        else call.output.note(`API ready: ${apiPlace(started)}, redis ${redisPlace(app)}; Ctrl-C ends it`);
        await call.io.interrupts.first();
      } finally {
        await Promise.all([started.close(), webhooks.stop()]);
        await patient.close();
      }
      return 'done';
    },
    { log },
  );
}

/** Where it is, and that anybody on this machine may use it as long as that is so. */
export const apiPlace = ({ url, open }: Pick<StartedApi, 'url' | 'open'>): string =>
  open ? `${url} (open to this machine; \`nodeyard token create\` closes it)` : url;

/** The option stands for the variable, so that the setting is checked in one place. */
function listening(call: Call, listen: string | undefined): Call {
  if (listen === undefined) return call;
  return { ...call, io: { ...call.io, env: { ...call.io.env, NODEYARD_API_LISTEN: listen } } };
}
