/**
 * The simulated cloud from a command line:
 *
 *   npx tsx test/simcloud/main.ts serve <directory>      a cloud, for NODEYARD_SIMULATED_CLOUD, until it is stopped
 *   npx tsx test/simcloud/main.ts mirror <directory>     the provider alone, for NODEYARD_TERRAFORM_PROVIDER_MIRROR
 *   npx tsx test/simcloud/main.ts show resources|calls|cost|unowned
 *   npx tsx test/simcloud/main.ts faults <plan>          e.g. throttling, none, or a file with
 *                                                        [{ "call": "RunInstances", "every": 3, "fault": "throttled" }]
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { SOCKET_VARIABLE } from './api.js';
import { askCloud } from './client.js';
import type { FaultPlanInput } from './cloud/faults.js';
import type { CloudSettingsInput } from './cloud/settings.js';
import { createMirror } from './mirror.js';
import { openCloud } from './open.js';
import { isPlanName, PLAN_NAMES, PLANS } from './plans.js';

interface ServeOptions {
  readonly settings?: string;
  readonly faults?: string;
  readonly seed: string;
  readonly ec2Port?: number;
}

const program = new Command('simcloud').description('A simulated AWS, for rehearsals and tests.');
const socketOption = () =>
  new Option('--socket <path>', 'where the cloud listens').env(SOCKET_VARIABLE).makeOptionMandatory();
const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const planOf = (plan: string): FaultPlanInput => {
  if (plan === 'none') return [];
  return isPlanName(plan) ? PLANS[plan].plan : (readJson(plan) as FaultPlanInput);
};
const ABOUT_PLANS = `none, ${PLAN_NAMES.join(', ')}, or a JSON file (cloud/faults.ts)`;

program
  .command('serve <directory>')
  .description('Runs a cloud whose ledger lies in the directory, and goes on with the ledger that is there.')
  .option('--settings <file>', 'JSON: times, quotas, images (cloud/settings.ts)')
  .option('--faults <plan>', ABOUT_PLANS)
  .option('--seed <seed>', 'for faults with a probability', '0')
  .option('--ec2-port <port>', 'of the endpoint for SDKs, on 127.0.0.1; the last one where absent', Number)
  .action(async (directory: string, { settings, faults, seed, ec2Port }: ServeOptions) => {
    const opened = await openCloud({
      directory: resolve(directory),
      ...(settings === undefined ? {} : { settings: readJson(settings) as CloudSettingsInput }),
      ...(ec2Port === undefined ? {} : { ec2Port }),
    });
    if (faults !== undefined) opened.cloud.inject(planOf(faults), seed);
    const told = { ...opened.env, NODEYARD_SIMULATED_CLOUD: resolve(directory) };
    for (const [name, value] of Object.entries(told)) process.stdout.write(`${name}=${value}\n`);
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    await opened.close();
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
  .description(`Replaces the plan of faults: ${ABOUT_PLANS}.`)
  .addOption(socketOption())
  .option('--seed <seed>', 'for faults with a probability', '0')
  .action(async (plan: string, { socket, seed }: { socket: string; seed: string }) => {
    await askCloud(socket, 'POST', '/faults', { plan: planOf(plan), seed });
  });

await program.parseAsync();
