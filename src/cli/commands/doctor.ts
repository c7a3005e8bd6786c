/** `nodeyard doctor`: what is wrong here, and how to mend it. */
import type { Command } from 'commander';
import type { App } from '../../app.js';
import type { Config } from '../../config.js';
import type { Act, Call } from '../call.js';
import { type CheckResult, type CheckStatus, failBy, ok, skipped } from '../doctor/check.js';
import type { ExitName } from '../exit-status.js';
import { refuseRemote } from '../fleet/place.js';
import { configOf, environmentOf, withApp } from '../opened.js';
import type { Output, Style } from '../output.js';
import { printable, printableLines } from '../printable.js';
import { redisPlace } from '../redis-place.js';
import { teach } from '../teach.js';

export function defineDoctor(program: Command, act: Act): void {
  const command = program
    .command('doctor')
    .description(
      'Check Node.js, configuration, disk, Redis, clock, Terraform, providers, credentials and nodes in need.',
    )
    .action(() => act(doctor));
  teach(command, {
    examples: [
      ['nodeyard doctor'],
      ['nodeyard doctor --json | jq \'.checks[] | select(.status == "fail")\''],
    ],
    exits: [],
  });
}

async function doctor(call: Call): Promise<ExitName> {
  refuseRemote(
    call,
    'It examines the machine that it runs on: run it there, without --api and NODEYARD_API_URL. /readyz of the API says what that lacks.',
  );
  const { output } = call;
  const results: CheckResult[] = [];
  for await (const result of examine(call)) {
    results.push(result);
    if (!output.json) show(output, result);
  }
  const failed = results.some(({ status }) => status === 'fail');
  if (output.json) output.value({ ok: !failed, checks: results });
  else output.line(summary(results));
  return failed ? 'failed' : 'done';
}

/** In the order in which things depend on one another. */
async function* examine(call: Call): AsyncGenerator<CheckResult> {
  const machine = await import('../doctor/machine.js');
  yield machine.checkNode();
  let config: Config;
  try {
    config = await configOf(call);
  } catch (error) {
    yield failBy('configuration', error);
    yield skipped('all else', 'needs a valid configuration');
    return;
  }
  yield ok('configuration', config.file ?? 'no file; environment and defaults');
  const directory = await machine.checkDataDirectory(config);
  yield directory;
  if (directory.status === 'ok') {
    yield await machine.checkDisk(config);
    yield await machine.checkRunDirectories(`${config.dataDir}/runs`);
  }
  const terraform = await import('../doctor/terraform.js');
  const env = environmentOf(call);
  yield await terraform.checkTerraform(config, env);
  yield terraform.checkSimulatedCloud(config);
  yield await terraform.checkProviderMirror(config);
  yield await terraform.checkStacks(config);
  yield terraform.checkCredentials(env, config);
  yield* await examineRedis(call);
}

async function examineRedis(call: Call): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  try {
    await withApp(call, async (app) => {
      results.push(...(await examineFleet(app)));
      return 'done';
    });
  } catch (error) {
    results.push(failBy('redis', error));
  }
  return results;
}

async function examineFleet(app: App): Promise<readonly CheckResult[]> {
  const [fleet, { checkWebhooks }] = await Promise.all([
    import('../doctor/fleet.js'),
    import('../doctor/webhooks.js'),
  ]);
  return [
    ok('redis', `reached: ${redisPlace(app)}`),
    ...(await fleet.checkRedisSettings(app)),
    await fleet.checkFleet(app),
    await fleet.checkClock(app, Date.now),
    await fleet.checkWorkers(app),
    ...(await fleet.checkInventories(app)),
    await fleet.checkQuarantine(app),
    await fleet.checkStranded(app),
    ...(await fleet.checkFailures(app)),
    await checkWebhooks(app, Date.now),
  ];
}

const MARKS: Readonly<Record<CheckStatus, readonly [mark: string, style: Style]>> = {
  ok: ['ok  ', 'green'],
  warn: ['warn', 'yellow'],
  fail: ['FAIL', 'red'],
  skipped: ['skip', 'dim'],
};

function show(output: Output, { name, status, message, mend }: CheckResult): void {
  const [mark, style] = MARKS[status];
  const indent = ' '.repeat(25);
  output.line(
    `${output.paint(style, mark)}  ${name.padEnd(18)} ${printableLines(message).replaceAll('\n', `\n${indent}`)}`,
  );
  if (mend !== undefined) output.line(`${indent}${output.paint('bold', 'mend:')} ${printable(mend)}`);
}

function summary(results: readonly CheckResult[]): string {
  const count = (status: CheckStatus): number => results.filter((result) => result.status === status).length;
  return `${count('fail')} failed, ${count('warn')} to look at, ${count('ok')} well`;
}
