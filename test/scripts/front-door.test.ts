import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finishedMachine, type Machine } from './machine.js';

let machine: Machine;
beforeEach(() => {
  machine = finishedMachine();
  for (const name of ['tee', 'grep', 'tail']) machine.real(name);
});
afterEach(() => machine.destroy());

describe('bin/nodeyard.js', () => {
  it('runs the built command line with the arguments of its caller', async () => {
    machine.write('dist/src/cli/main.js', 'console.log(JSON.stringify(process.argv.slice(2)))');
    expect(await machine.run('bin/nodeyard.js', ['ls', '--json'])).toMatchObject({
      status: 0,
      stdout: '["ls","--json"]',
    });
  });

  it('says what to run when nothing is built', async () => {
    rmSync(join(machine.clone, 'dist'), { recursive: true });
    expect(await machine.run('bin/nodeyard.js')).toEqual({
      status: 1,
      lines: ['nodeyard is not built: run `npm run build`'],
      stdout: '',
    });
  });
});

describe('the commands of the front door', () => {
  it.each([
    ['demo', ['demo', '--nodes', '3']],
    ['start', ['up', '--nodes', '3']],
  ])('scripts/%s sets up and hands its arguments on', async (script, expected) => {
    machine.write('dist/src/cli/main.js', 'console.log(JSON.stringify(process.argv.slice(2)))');
    const { status, stdout } = await machine.run(`scripts/${script}`, ['--nodes', '3']);
    expect({ status, arguments: JSON.parse(stdout) as unknown }).toEqual({ status: 0, arguments: expected });
  });

  it('scripts/test finds the Terraform of the data directory', async () => {
    machine.remove('terraform');
    machine.write('.nodeyard/bin/terraform', '');
    chmodSync(join(machine.clone, '.nodeyard/bin/terraform'), 0o755);
    machine.write('node_modules/.bin/vitest', '#!/bin/bash\necho "$*"\ncommand -v terraform\n');
    chmodSync(join(machine.clone, 'node_modules/.bin/vitest'), 0o755);
    const { status, stdout } = await machine.run('scripts/test', ['one.test.ts']);
    expect({ status, stdout: stdout.split('\n') }).toEqual({
      status: 0,
      stdout: ['run one.test.ts', join(machine.clone, '.nodeyard/bin/terraform')],
    });
  });

  it.each([
    ['bench', 'bench/main.ts', ['job', '--quick']],
    ['chaos', 'test/chaos/main.ts', ['--nodes', '3']],
    ['rehearse', 'test/simcloud/rehearse.ts', ['--nodes', '3']],
  ])(
    'scripts/%s runs %s with the Terraform of the data directory first on the PATH',
    async (script, entry, args) => {
      machine.write('node_modules/tsx/package.json', '{ "exports": "./loader.mjs" }');
      machine.write(
        'node_modules/tsx/loader.mjs',
        'console.log(JSON.stringify([process.argv.slice(1), process.env.PATH.split(":")[0]])); process.exit(0);',
      );
      const { status, stdout } = await machine.run(`scripts/${script}`, args);
      expect({ status, seen: JSON.parse(stdout) as unknown }).toEqual({
        status: 0,
        seen: [[join(machine.clone, entry), ...args], join(machine.clone, '.nodeyard/bin')],
      });
    },
  );

  it.each([
    ['by root', 'echo 0', ['--mount']],
    ['by anybody else', 'echo 1000', ['--map-root-user', '--mount']],
  ])('scripts/chaos has its mounts to itself, started %s', async (_, id, options) => {
    machine.program('id', id);
    machine.program('unshare', 'exit 0');
    const { status } = await machine.run('scripts/chaos', ['--nodes', '3']);
    expect(status).toBe(0);
    expect(machine.calls().filter((call) => call.startsWith('unshare'))).toEqual([
      `unshare ${options.join(' ')} true`,
      `unshare ${options.join(' ')} node --import tsx test/chaos/main.ts --nodes 3`,
    ]);
  });

  it('scripts/check runs every check, even after one has failed, and fails then', async () => {
    for (const name of ['tsc', 'biome', 'eslint', 'depcruise', 'knip', 'tsx']) {
      machine.program(name, name === 'eslint' ? 'echo "a floating promise"; exit 1' : '');
      rmSync(join(machine.clone, 'node_modules/.bin', name), { force: true });
      machine.write(`node_modules/.bin/${name}`, `#!/bin/bash\nexec ${name} "$@"\n`);
      chmodSync(join(machine.clone, 'node_modules/.bin', name), 0o755);
    }
    const { status, stdout } = await machine.run('scripts/check');
    expect(status).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'ok      types',
      'ok      format',
      'a floating promise',
      'FAILED  lint',
      'ok      import rules',
      'ok      dead code',
      'ok      generated docs',
    ]);
  });
});

describe('.ci/run', () => {
  interface Parts {
    readonly check?: string;
    readonly cdktn?: string;
    readonly report?: { passed: number; failed: number; unloadable?: number };
    readonly testStatus?: number;
    readonly demo?: string;
    readonly chaos?: string;
  }

  /** npm, as it would be after everything went well, or with one part as given. */
  function npm({
    check = "printf 'ok      types\\nok      lint\\n'",
    cdktn = '',
    report = { passed: 5, failed: 0 },
    testStatus = 0,
    demo = `echo words; echo '{"created":3,"destroyed":3,"leaked":0,"seconds":4.2}'`,
    chaos = '',
  }: Parts = {}): void {
    const unloadable = { status: 'failed', assertionResults: [] };
    machine.write(
      'report.json',
      JSON.stringify({
        numPassedTests: report.passed,
        numFailedTests: report.failed,
        testResults: Array.from({ length: report.unloadable ?? 0 }, () => unloadable),
      }),
    );
    machine.program(
      'npm',
      `all="$*"
      case "$all" in
        'run --silent check') ${check} ;;
        'run --silent check:cdktn') ${cdktn} ;;
        'test '*) cat report.json >"\${all##*=}"; exit ${testStatus} ;;
        'run --silent demo -- --nodes 3 --json') ${demo} ;;
        'run --silent chaos -- --nodes 8 --minutes 0.5 --seed 1') ${chaos} ;;
        *) exit 99 ;;
      esac`,
    );
  }

  async function verdict(): Promise<{ status: number; last: string | undefined }> {
    const { status, stdout } = await machine.run('.ci/run');
    return { status, last: stdout.split('\n').at(-1) };
  }

  it('counts set-up, every check, every test, the demonstration and the chaos run', async () => {
    npm();
    expect(await verdict()).toEqual({ status: 0, last: '10 passed, 0 failed' });
  });

  it.each<[string, Parts, string]>([
    ['a failed check', { check: "printf 'ok      types\\nFAILED  lint\\n'; exit 1" }, '9 passed, 1 failed'],
    ['checks that could not begin', { check: 'exit 1' }, '8 passed, 1 failed'],
    ['a CDK that synthesizes otherwise', { cdktn: "echo 'FAILED  aws-node'; exit 1" }, '10 passed, 1 failed'],
    ['failed tests', { report: { passed: 3, failed: 2 }, testStatus: 1 }, '8 passed, 2 failed'],
    [
      'a test file that cannot be loaded',
      { report: { passed: 5, failed: 0, unloadable: 1 }, testStatus: 1 },
      '10 passed, 1 failed',
    ],
    ['an error outside of every test', { testStatus: 1 }, '10 passed, 1 failed'],
    ['a demonstration that fails', { demo: 'exit 1' }, '9 passed, 1 failed'],
    [
      'a demonstration that leaks',
      { demo: `echo '{"created":3,"destroyed":3,"leaked":1,"seconds":4}'` },
      '9 passed, 1 failed',
    ],
    ['a chaos run that found something', { chaos: 'exit 1' }, '9 passed, 1 failed'],
    ['a demonstration whose last line is no JSON', { demo: 'echo done' }, '9 passed, 1 failed'],
  ])('fails for %s', async (_, parts, last) => {
    npm(parts);
    expect(await verdict()).toEqual({ status: 1, last });
  });

  it('ends at once when set-up fails', async () => {
    npm();
    machine.remove('redis-server');
    expect(await verdict()).toEqual({ status: 1, last: '0 passed, 1 failed' });
  });
});
