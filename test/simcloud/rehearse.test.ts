/** `npm run rehearse`, as the process that it is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.js';
import { CommandLine } from '../cli/command-line.js';
import { processesOf } from '../support/yard.js';
import { openCloud } from './open.js';
import { PLANS } from './plans.js';
import type { Report } from './rehearse/books.js';
import { buildRehearse } from './rehearse/program.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const source = (path: string): string => new URL(`../../${path}`, import.meta.url).href;

type Told = Omit<Report, 'created' | 'destroyed'> & {
  readonly ok: boolean;
  readonly created: number;
  readonly destroyed: number;
  readonly unowned: number;
};

let home: string;
let children: ChildProcess[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ny-re-'));
  mkdirSync(join(home, 'tmp'));
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  try {
    await expect.poll(() => processesOf(home), { timeout: 10_000 }).toEqual([]);
  } finally {
    for (const pid of processesOf(home)) process.kill(pid, 'SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
});

class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;
  #look = (): void => {};

  constructor(
    script: string,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ) {
    const { PATH, HOME } = process.env;
    this.child = spawn(process.execPath, ['--import', 'tsx', join(PROJECT, script), ...args], {
      cwd: PROJECT,
      env: { PATH, HOME, TMPDIR: join(home, 'tmp'), NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(this.child);
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]?.on('data', (chunk: Buffer) => {
        this[stream] += chunk.toString();
        this.#look();
      });
    }
    this.ended = once(this.child, 'close').then(([status]) => status as number | null);
  }

  async printed(pattern: RegExp): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#look = () => {
        if (pattern.test(this.stdout + this.stderr)) resolve();
      };
      this.#look();
    });
    const ended = this.ended.then((status) => {
      throw new Error(`ended with ${status} before ${pattern}: ${this.stdout}${this.stderr}`);
    });
    await Promise.race([seen, ended]);
    ended.catch(() => undefined);
  }
}

const rehearse = (...args: readonly string[]): Running => new Running('test/simcloud/rehearse.ts', args);

async function told(
  ...args: readonly string[]
): Promise<{ status: number | null; report: Told; stderr: string }> {
  const running = rehearse(...args, '--json');
  const status = await running.ended;
  expect(running.stdout, running.stderr).not.toBe('');
  return { status, report: JSON.parse(running.stdout) as Told, stderr: running.stderr };
}

/** A module whose stacks are like `aws-node`, and a little different. */
function stackModule(body: string): string {
  const path = join(home, 'mine.mjs');
  const aws = (name: string): string => import.meta.resolve(`@cdktf/provider-aws/lib/${name}/index.js`);
  writeFileSync(
    path,
    `import { defineNodeStack, z } from '${source('stacks/define.ts')}';
import { AwsProvider } from '${aws('provider')}';
import { Instance } from '${aws('instance')}';
import { Route53Record } from '${aws('route53-record')}';
const inputs = z.object({ region: z.string() });
const provider = (stack, { region }) => { new AwsProvider(stack, 'aws', { region }); };
const machine = (scope, node, more = {}) =>
  new Instance(scope, 'machine', { ami: 'ami-0a11ce0000000002a', instanceType: 't4g.small', tags: node.ownershipTags, ...more });
${body}`,
  );
  return path;
}

/** Whole processes, one after the other, on a machine that may be busy. */
const PATIENCE = { timeout: 240_000 };

describe('a rehearsal', PATIENCE, () => {
  test('books what was asked for, what struck and what it cost, and leaves nothing', async () => {
    const inputs = ['region=us-west-2', 'zone=us-west-2c', 'spot.maxPrice=0.05'].flatMap((each) => [
      '--input',
      each,
    ]);
    const plan = join(home, 'plan.json');
    writeFileSync(plan, JSON.stringify([{ call: 'RunInstances', times: 1, fault: 'capacity' }]));
    const { status, report, stderr } = await told('--nodes', '2', '--faults', plan, ...inputs);
    expect({ status, ...report }).toMatchObject({
      status: 0,
      ok: true,
      created: 2,
      destroyed: 2,
      unowned: 0,
      left: [],
      failed: [],
      problems: [],
      made: { instance: 2, 'spot-request': 2, 'security-group': 2 },
      faults: [{ fault: 'capacity', call: 'RunInstances', count: 1 }],
    });
    expect(report.calls).toContainEqual({ call: 'RunInstances', count: 3, refused: 1 });
    expect(report.calls).toContainEqual({ call: 'TerminateInstances', count: 2, refused: 0 });
    expect(report.dollars).toBeGreaterThan(0);
    expect(stderr).toContain('REHEARSAL: no real cloud');
    expect(readdirSync(join(home, 'tmp')).filter((name) => name.startsWith('ny-'))).toEqual([]);
  });

  test('says what is left and whose it is, fails and keeps its directory, where the cloud refuses to delete', async () => {
    const plan = join(home, 'plan.json');
    writeFileSync(plan, JSON.stringify([{ call: 'TerminateInstances', fault: 'denied' }]));
    const running = rehearse('--nodes', '1', '--faults', plan, '--timeout', '20s');
    expect(await running.ended).toBe(1);
    expect(running.stderr).toMatch(/left: instance i-\w+ in eu-central-1, owned by \w+/);
    expect(running.stderr).toMatch(/FAILED to be destroyed: DENIED/);
    expect(running.stdout).toMatch(/denied +TerminateInstances +\d/);
    expect(running.stdout).toMatch(/created 1 of 1, destroyed 0, owned by nobody 0/);
    expect(running.stderr).toContain(`kept: ${join(home, 'tmp')}`);
  });

  test('of a permanent fault goes well when the nodes that it strikes are FAILED and nothing is left', async () => {
    const { status, report } = await told('--nodes', '2', '--faults', 'quota');
    expect({ status, ...report }).toMatchObject({ status: 0, created: 1, destroyed: 2, left: [] });
    expect(report.failed).toMatchObject([{ failure: { operation: 'create', code: 'QUOTA' } }]);
  });

  test('whose provider dies between effect and answer finds the instance that nobody knows of, and ends it', async () => {
    const inputs = join(home, 'inputs.json');
    const image = { region: 'eu-north-1', ami: 'ami-0a11ce0000000002a', instanceType: 't4g.small' };
    writeFileSync(inputs, JSON.stringify(image));
    const args = ['--inputs-file', inputs, '--nodes', '1', '--faults', 'provider-crash'];
    const { status, report } = await told(...args);
    expect({ status, ...report }).toMatchObject({
      status: 0,
      created: 1,
      destroyed: 1,
      unowned: 0,
      left: [],
    });
    expect(report.made).toEqual({ instance: 2, volume: 2 });
  });

  test('makes nodes of a stack of one’s own, in a cloud that runs already and has things of others', async () => {
    const directory = join(home, 'cloud');
    const opened = await openCloud({ directory });
    const other = { AvailabilityZone: 'eu-north-1a', VolumeSize: 1, Tags: [] };
    opened.cloud.serve({ call: 'CreateVolume', region: 'eu-north-1', input: other, caller: { pid: 1 } });
    const module = stackModule(`export const mine = defineNodeStack({ name: 'mine', inputs, provider,
      node(scope, _, node) { return { id: machine(scope, node).id }; } });`);
    const args = [
      '--stack-module',
      module,
      '--stack',
      'mine',
      '--input',
      'region=eu-north-1',
      '--nodes',
      '1',
    ];
    const { status, report } = await told(...args, '--cloud', directory);
    expect({ status, ...report }).toMatchObject({ status: 0, created: 1, destroyed: 1, left: [] });
    expect(report.made).toEqual({ instance: 1, volume: 1 });
    expect(opened.cloud.resources()).toHaveLength(1);
    await opened.close();
  });

  test.each<[string, readonly string[], RegExp]>([
    ['an unknown stack', ['--stack', 'moon'], /no stack "moon"; known are aws-node, local-node/],
    ['an unknown plan', ['--faults', 'weather'], /--faults is "weather".*throttling/],
    [
      'a plan that is not there',
      ['--faults', './none.json'],
      /--faults \.\/none\.json: cannot be read \(ENOENT\)/,
    ],
    ['a plan that is none', ['--faults', './package.json'], /--faults \.\/package\.json: .*array/],
    ['fewer than no nodes', ['--nodes', '-1'], /--nodes is "-1": must be a whole number from 1 to 1000/],
    ['inputs that do not fit', ['--input', 'region=nowhere'], /inputs\.region.*must be a region/],
    ['settings that are none', ['--cloud-settings', './package.json'], /--cloud-settings .*Unrecognized/],
    ['an option that it does not take', ['--plan', 'x'], /unknown option '--plan'/],
  ])('refuses %s at once, with status 2', async (_, args, why) => {
    const line = new CommandLine({ cwd: PROJECT });
    expect(await run(args, line.io, buildRehearse)).toBe(2);
    expect(line.stderr).toMatch(why);
    expect(line.interrupts.isExitHeld, 'something was started').toBe(false);
  });

  test('names a type that is not simulated, and those that are, before anything is started', async () => {
    const module = stackModule(`export const mine = defineNodeStack({ name: 'mine', inputs, provider,
      node(scope, _, node) {
        new Route53Record(scope, 'name', { zoneId: 'Z1', name: node.id, type: 'A', ttl: 60, records: [machine(scope, node).publicIp] });
        return {};
      } });`);
    const running = rehearse('--stack-module', module, '--stack', 'mine', '--input', 'region=eu-north-1');
    expect(await running.ended).toBe(2);
    expect(running.stderr).toMatch(
      /has no aws_route53_record, which stack "mine" uses\. It has aws_ebs_volume, aws_ec2_tag/,
    );
  });
});

describe('a rehearsal that serves', PATIENCE, () => {
  test('is reached by `nodeyard` and by the cloud’s own commands with what it prints, and by nothing less', async () => {
    const serving = rehearse('--serve', '--directory', join(home, 'kept'));
    await serving.printed(/waiting for jobs/);
    const env = Object.fromEntries(
      [...serving.stdout.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    const nodeyard = async (args: readonly string[], more: Record<string, string | undefined> = {}) => {
      const running = new Running('src/cli/main.ts', args, { ...env, ...more });
      return { status: await running.ended, stdout: running.stdout, stderr: running.stderr };
    };

    const inputs = { region: 'eu-west-1', ami: 'ami-0a11ce0000000002a', instanceType: 't4g.small' };
    const given = Object.entries(inputs).flatMap(([key, value]) => ['--input', `${key}=${value}`]);
    const create = [
      'create',
      '--stack',
      'aws-node',
      '--group',
      'g',
      '--role',
      'r',
      '--id',
      'n1',
      ...given,
      '--wait',
    ];
    const created = await nodeyard(create);
    expect(created).toMatchObject({ status: 0, stderr: expect.stringContaining('REHEARSAL: no real cloud') });

    const blind = await nodeyard(['ls'], { NODEYARD_SIMULATED_CLOUD: undefined });
    expect(blind).toMatchObject({ status: 2, stderr: expect.stringContaining('lives in a simulated cloud') });

    const doctor = await nodeyard(['doctor', '--json']);
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string }[] };
    expect(checks).toContainEqual(
      expect.objectContaining({
        name: 'simulated-cloud',
        status: 'warn',
        message: expect.stringMatching(/REHEARSAL.*aws_instance/),
      }),
    );

    const faults = new Running('test/simcloud/main.ts', ['faults', 'capacity'], env);
    expect(await faults.ended).toBe(0);
    expect((await nodeyard([...create.with(8, 'n2')])).status).toBe(0);
    expect((await nodeyard(['destroy', '--all', '--group', 'g', '--yes', '--wait'])).status).toBe(0);
    const shown = new Running('test/simcloud/main.ts', ['show', 'calls'], env);
    await shown.ended;
    const calls = JSON.parse(shown.stdout) as { call: string; fault?: string; region: string }[];
    expect(calls.filter(({ fault }) => fault === 'capacity')).toHaveLength(3);
    expect(new Set(calls.map(({ region }) => region))).toEqual(new Set(['eu-west-1']));

    serving.child.kill('SIGINT');
    expect(await serving.ended).toBe(0);
    expect(readdirSync(join(home, 'kept')).sort()).toEqual(['cloud', 'data']);
  });
});

test('every ready-made plan is one that the cloud takes', async () => {
  const opened = await openCloud({ directory: join(home, 'cloud') });
  for (const { plan } of Object.values(PLANS)) expect(() => opened.cloud.inject(plan)).not.toThrow();
  await opened.close();
});
