/**
 * The simulated cloud from a command line:
 *
 *   npx tsx test/simcloud/main.ts serve <directory>      a cloud on <directory>/s and, for SDKs, on a port; until it is stopped
 *   npx tsx test/simcloud/main.ts mirror <directory>     the provider, for NODEYARD_TERRAFORM_PROVIDER_MIRROR
 *   npx tsx test/simcloud/main.ts show resources|calls|cost|unowned
 *   npx tsx test/simcloud/main.ts faults <plan.json>     e.g. [{ "call": "RunInstances", "every": 3, "fault": "throttled" }]
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { SOCKET_VARIABLE } from './api.js';
import { askCloud } from './client.js';
import { SimulatedCloud } from './cloud/cloud.js';
import { serveEc2 } from './cloud/ec2-query/server.js';
import type { FaultPlanInput } from './cloud/faults.js';
import { serveCloud } from './cloud/server.js';
import type { CloudSettingsInput } from './cloud/settings.js';
import { createMirror } from './mirror.js';

interface ServeOptions {
  readonly settings?: string;
  readonly faults?: string;
  readonly seed: string;
  readonly ec2Port: number;
}

const program = new Command('simcloud').description('A simulated AWS, for rehearsals and tests.');
const socketOption = () =>
  new Option('--socket <path>', 'where the cloud listens').env(SOCKET_VARIABLE).makeOptionMandatory();
const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

program
  .command('serve <directory>')
  .description('Runs a cloud whose ledger lies in the directory, and goes on with the ledger that is there.')
  .option('--settings <file>', 'JSON: times, quotas, images (cloud/settings.ts)')
  .option('--faults <file>', 'JSON: a plan of faults (cloud/faults.ts)')
  .option('--seed <seed>', 'for faults with a probability', '0')
  .option('--ec2-port <port>', 'of the endpoint for SDKs, on 127.0.0.1; any free one when 0', Number, 0)
  .action(async (directory: string, options: ServeOptions) => {
    const home = resolve(directory);
    const settings = options.settings === undefined ? {} : (readJson(options.settings) as CloudSettingsInput);
    const cloud = new SimulatedCloud({ directory: home, settings });
    if (options.faults !== undefined) cloud.inject(readJson(options.faults) as FaultPlanInput, options.seed);
    const socket = join(home, 's');
    const own = await serveCloud(cloud, socket);
    const ec2 = await serveEc2(cloud, options.ec2Port);
    for (const [name, value] of Object.entries({ [SOCKET_VARIABLE]: socket, ...ec2.env })) {
      process.stdout.write(`${name}=${value}\n`);
    }
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    for (const server of [own, ec2.server]) {
      server.close();
      server.closeAllConnections();
    }
  });

program
  .command('mirror <directory>')
  .description('Makes a provider mirror for `terraform init`.')
  .action(async (directory: string) => {
    await createMirror(resolve(directory));
    process.stdout.write(`NODEYARD_TERRAFORM_PROVIDER_MIRROR=${resolve(directory)}\n`);
  });

program
  .command('show <what>')
  .description('resources (that exist), calls, cost, or unowned (by nodes other than --node …).')
  .addOption(socketOption())
  .option('--node <id...>', 'for unowned: the nodes that live', [])
  .action(async (what: string, { socket, node }: { socket: string; node: string[] }) => {
    const query = new URLSearchParams(node.map((id): [string, string] => ['node', id]));
    print(await askCloud(socket, 'GET', `/${encodeURIComponent(what)}?${query}`));
  });

program
  .command('faults <plan>')
  .description('Replaces the plan of faults by the one in the file; an empty list ends all faults.')
  .addOption(socketOption())
  .option('--seed <seed>', 'for faults with a probability', '0')
  .action(async (plan: string, { socket, seed }: { socket: string; seed: string }) => {
    await askCloud(socket, 'POST', '/faults', { plan: readJson(plan), seed });
  });

await program.parseAsync();
