/** `nodeyard worker`: a worker and nothing else, for machines that only run Terraform. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { refuseRemote, STARTS_HERE } from '../fleet/place.js';
import { configOf, rehearsalOf, withApp, workerLog } from '../opened.js';
import { redisPlace } from '../redis-place.js';
import { teach } from '../teach.js';

export function defineWorker(program: Command, act: Act): void {
  const command = program
    .command('worker')
    .description('Run a worker: it takes jobs until Ctrl-C or TERM, then lets its Terraform runs end.')
    .action(() => act(worker));
  teach(command, {
    examples: [['REDIS_URL=redis://redis.internal:6379 nodeyard worker']],
    exits: ['redis'],
  });
}

async function worker(call: Call): Promise<ExitName> {
  refuseRemote(call, STARTS_HERE);
  const log = await workerLog(call, await configOf(call), { quiet: false });
  return withApp(
    call,
    async (app) => {
      const { serve } = await import('../serve.js');
      await serve(call, app, async ({ terraform, metricsUrl }) => {
        const { path: binary, product, version } = terraform;
        if (call.output.json) {
          call.output.value({
            type: 'ready',
            redis: redisPlace(app),
            terraform: { binary, product, version },
            ...(metricsUrl === undefined ? {} : { metrics: metricsUrl }),
            ...rehearsalOf(app),
          });
        } else {
          const told = metricsUrl === undefined ? '' : `, metrics ${metricsUrl}`;
          call.output.note(
            `worker ready: ${product} ${version}, redis ${redisPlace(app)}${told}; Ctrl-C ends it`,
          );
        }
      });
      return 'done';
    },
    { temper: 'patient', log },
  );
}
