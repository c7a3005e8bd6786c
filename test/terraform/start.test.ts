import { existsSync, statSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { classify } from '../../src/terraform/diagnostics.js';
import { readPidFile, wasTold } from '../../src/terraform/exit-file.js';
import { isRunProcess } from '../../src/terraform/processes.js';
import { startRun } from '../../src/terraform/start.js';
import { REAL_TERRAFORM } from '../support/terraform-binary.js';
import { FAKE_TERRAFORM, observe, type TestDirectory, TestRuns } from '../support/terraform-run.js';

const runs = new TestRuns();
// What was killed a moment ago may still be on its way out.
afterEach(() => vi.waitFor(async () => expect(await runs.left()).toEqual([]), { timeout: 5_000 }));
afterAll(() => runs.close());

const resource = { addr: 'terraform_data.node', resource_type: 'terraform_data' };
const started = { type: 'apply_start', hook: { resource, action: 'create' } };
const completed = {
  type: 'apply_complete',
  hook: { resource, action: 'create', id_key: 'id', id_value: 'x', elapsed_seconds: 0 },
};
const broken = {
  type: 'diagnostic',
  '@level': 'error',
  diagnostic: {
    severity: 'error',
    summary: 'local-exec provisioner error',
    detail: "Error running command 'exit 3': exit status 3. Output: ",
    address: 'terraform_data.node',
  },
};
const provisioned = (command: string) => ({
  resource: { terraform_data: { node: { provisioner: [{ 'local-exec': { command } }] } } },
  output: { id: { value: '${terraform_data.node.id}' }, key: { value: 'k', sensitive: true } },
});

/** What both can do: the real one by its configuration, the fake one by its scenario. */
const implementations = [
  {
    name: 'the real Terraform',
    binary: REAL_TERRAFORM,
    succeeds: (to: TestDirectory) => to.write('main.tf.json', provisioned('true')),
    fails: (to: TestDirectory) => to.write('main.tf.json', provisioned('exit 3')),
    hangs: (to: TestDirectory) => to.write('main.tf.json', provisioned('sleep 600')),
  },
  {
    name: 'the fake Terraform',
    binary: FAKE_TERRAFORM,
    succeeds: (to: TestDirectory) => {
      const outputs = {
        id: { sensitive: false, type: 'string', value: 'x' },
        key: { sensitive: true, type: 'string' },
      };
      const changes = { add: 1, change: 0, remove: 0, operation: 'apply' };
      const summary = { type: 'change_summary', changes };
      const messages = [started, completed, summary, { type: 'outputs', outputs }];
      to.write('scenario.json', { steps: messages.map((print) => ({ print })) });
    },
    fails: (to: TestDirectory) =>
      to.write('scenario.json', { steps: [{ print: started }, { print: broken }, { exit: 1 }] }),
    hangs: (to: TestDirectory) => to.write('scenario.json', { steps: [{ print: started }, { hang: true }] }),
  },
];

describe.each(implementations)('a run of $name', ({ binary, succeeds, fails, hangs }) => {
  it('that succeeds tells outputs, changes and progress', async () => {
    const directory = runs.directory();
    succeeds(directory);
    const result = await startRun(directory.options(binary)).result;
    expect(result).toMatchObject({
      exitCode: 0,
      killed: false,
      outputs: { id: { sensitive: false, value: expect.any(String) }, key: { sensitive: true } },
      changes: { add: 1, operation: 'apply' },
      progress: { done: 1, total: 1 },
      unfinished: [],
      diagnostics: [],
    });
    expect(result.stopped).toBeUndefined();
    expect(result.outputs['key']?.value).toBeUndefined();
    expect(directory.read('exit')).toBe('0\n');
    expect(wasTold(directory.files.pid)).toBe(false);
  });

  it('that fails is a result, not a rejection', async () => {
    const directory = runs.directory();
    fails(directory);
    const result = await startRun(directory.options(binary)).result;
    expect(result).toMatchObject({ exitCode: 1, killed: false });
    expect(classify({ operation: 'create', result })).toMatchObject({
      code: 'UNKNOWN',
      message: expect.stringContaining('exit status 3'),
      diagnostics: [{ address: 'terraform_data.node' }],
    });
  });

  it('that is stopped gets one TERM, saves its state and ends by itself', async () => {
    const directory = runs.directory();
    hangs(directory);
    const run = observe(directory.options(binary));
    await run.message(({ type }) => type === 'apply_start');
    run.stop('cancelled');
    run.stop('shutdown');
    const result = await run.result;
    expect(result).toMatchObject({ exitCode: 1, stopped: 'cancelled', killed: false });
    expect(directory.read('log').match(/Interrupt received/g)).toHaveLength(1);
    expect(JSON.parse(directory.read('terraform.tfstate'))).toHaveProperty('resources');
    expect(directory.read('exit')).toBe('1\n');
    expect(classify({ operation: 'create', result }).code).toBe('CANCELLED');
  });

  it('that is killed from outside tells the signal and what was left unfinished', async () => {
    const directory = runs.directory();
    hangs(directory);
    const run = observe(directory.options(binary));
    await run.message(({ type }) => type === 'apply_start');
    await expect.poll(() => readPidFile(directory.files.pid)).toBeDefined();
    process.kill(readPidFile(directory.files.pid) ?? Number.NaN, 'SIGKILL');
    const result = await run.result;
    expect(result).toMatchObject({
      signal: 'SIGKILL',
      killed: false,
      unfinished: [{ address: 'terraform_data.node', action: 'create' }],
    });
    expect(result.exitCode).toBeUndefined();
    expect(directory.read('exit')).toBe('137\n');
    expect(classify({ operation: 'create', result }).code).toBe('OUT_OF_MEMORY');
  });

  it('whose guard is killed is stopped by the worker with one TERM and waited for', async () => {
    const directory = runs.directory();
    hangs(directory);
    const run = observe(directory.options(binary));
    await run.message(({ type }) => type === 'apply_start');
    process.kill(run.pid ?? Number.NaN, 'SIGKILL');
    const result = await run.result;
    expect(result).toMatchObject({ killed: false });
    expect(result.exitCode).toBeUndefined();
    expect(directory.read('log').match(/Interrupt received/g)).toHaveLength(1);
    expect(JSON.parse(directory.read('terraform.tfstate'))).toHaveProperty('resources');
    expect(existsSync(directory.files.exit)).toBe(false);
    expect(classify({ operation: 'create', result }).code).toBe('CRASHED');
  });
});

describe('a run', () => {
  const scenario = (steps: readonly object[], more: object = {}) => {
    const directory = runs.directory();
    directory.write('scenario.json', { steps, ...more });
    return directory;
  };
  const spawnedPid = (text: string): number => Number(/spawned (\d+)/.exec(text)?.[1]);
  it('that ignores its TERM is killed after the grace, with its children', async () => {
    const directory = scenario([{ spawn: ['sleep', '600'] }, { print: started }, { hang: true }], {
      onTerm: 'ignore',
    });
    const run = observe(directory.options(FAKE_TERRAFORM, { graceMs: 300 }));
    await run.message(({ type }) => type === 'apply_start');
    const child = spawnedPid(directory.read('log'));
    expect(await isRunProcess(child, directory.runId)).toBe(true);
    run.stop('shutdown');
    const result = await run.result;
    expect(result).toMatchObject({ stopped: 'shutdown', killed: true });
    expect(directory.read('signals.log')).toBe('SIGTERM\n');
    expect(await isRunProcess(child, directory.runId)).toBe(false);
    expect(existsSync(directory.files.exit)).toBe(false);
    expect(classify({ operation: 'create', result })).toMatchObject({
      code: 'SHUTDOWN',
      message: expect.stringContaining('killed'),
    });
  });

  it('that crashes takes its children with it', async () => {
    const directory = scenario([{ spawn: ['sleep', '600'] }, { raise: 'SIGABRT' }, { hang: true }]);
    const result = await startRun(directory.options(FAKE_TERRAFORM)).result;
    expect(result).toMatchObject({ signal: 'SIGABRT', killed: false });
    expect(spawnedPid(directory.read('log'))).toBeGreaterThan(1);
    expect(classify({ operation: 'create', result }).code).toBe('CRASHED');
  });

  it('that takes too long is stopped for that reason', async () => {
    const directory = scenario([{ hang: true }]);
    const result = await startRun(directory.options(FAKE_TERRAFORM, { timeoutMs: 300 })).result;
    expect(result).toMatchObject({ stopped: 'timeout', killed: false });
    expect(classify({ operation: 'create', result }).code).toBe('TIMED_OUT');
  });

  it('that was stopped and then loses its guard gets no second TERM', async () => {
    const directory = scenario([{ print: started }, { untilFile: 'release' }, { exit: 1 }], {
      onTerm: 'ignore',
    });
    const run = observe(directory.options(FAKE_TERRAFORM));
    await run.message(({ type }) => type === 'apply_start');
    run.stop('cancelled');
    await run.message((message) => message.type === 'log' && message['@message'] === 'Interrupt received.');
    process.kill(run.pid ?? Number.NaN, 'SIGKILL');
    directory.write('release', '');
    expect(await run.result).toMatchObject({ stopped: 'cancelled', killed: false });
    expect(directory.read('signals.log')).toBe('SIGTERM\n');
  });

  it('whose whole group gets a TERM (systemd) is not sent another by the stop that follows', async () => {
    const directory = scenario([{ print: started }, { hang: true }]);
    const run = observe(directory.options(FAKE_TERRAFORM));
    await run.message(({ type }) => type === 'apply_start');
    process.kill(-(run.pid ?? Number.NaN), 'SIGTERM');
    run.stop('shutdown');
    expect(await run.result).toMatchObject({ exitCode: 1, killed: false });
    expect(directory.read('signals.log')).toBe('SIGTERM\n');
  });

  it('with a line of many megabytes holds little of it and reads on', async () => {
    const directory = scenario([{ longLine: 256 * 1024 * 1024 }, { print: completed }]);
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    const sampling = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 5);
    const run = startRun(directory.options(FAKE_TERRAFORM, { maxLogBytes: 1024 * 1024 * 1024 }));
    const result = await run.result;
    clearInterval(sampling);
    expect(result).toMatchObject({ exitCode: 0, progress: { done: 1 } });
    expect(statSync(directory.files.log).size).toBeGreaterThan(256 * 1024 * 1024);
    expect(most).toBeLessThan(32 * 1024 * 1024);
    expect(Math.max(...result.lastLines.map((line) => line.length))).toBeLessThanOrEqual(2048);
  });

  it('that prints too much is stopped, its log keeps its beginning and cannot fill the disk', async () => {
    const maxLogBytes = 100_000;
    const directory = scenario([{ text: 'the beginning' }, { lines: 50_000 }, { hang: true }]);
    const result = await startRun(directory.options(FAKE_TERRAFORM, { maxLogBytes })).result;
    expect(result).toMatchObject({ stopped: 'log-limit', exitCode: 1 });
    expect(statSync(directory.files.log).size).toBeLessThanOrEqual(maxLogBytes);
    expect(directory.read('log')).toMatch(/^the beginning\n/);
    expect(classify({ operation: 'create', result }).code).toBe('LOG_LIMIT');
  });

  it('that prints what is not JSON, on either stream, has it in its last lines without secrets', async () => {
    const directory = scenario([{ text: 'panic: hunter2-secret' }, { stderr: 'goroutine 1' }, { exit: 2 }]);
    const redact = (text: string) => text.replaceAll('hunter2-secret', '***');
    const result = await startRun(directory.options(FAKE_TERRAFORM, { redact })).result;
    expect(result.exitCode).toBe(2);
    expect([...result.lastLines].sort()).toEqual(['goroutine 1', 'panic: ***']);
    expect(classify({ operation: 'create', result }).code).toBe('CRASHED');
  });

  it('keeps fifty last lines at most', async () => {
    const directory = scenario([{ lines: 120 }]);
    const { lastLines } = await startRun(directory.options(FAKE_TERRAFORM)).result;
    expect(lastLines).toHaveLength(50);
    expect(lastLines.at(-1)).toBe('line 119');
  });

  it('of a binary that has vanished says so', async () => {
    const directory = runs.directory();
    const result = await startRun(directory.options(`${directory.path}/terraform`)).result;
    expect(result).toMatchObject({ exitCode: 127, killed: false });
    expect(classify({ operation: 'create', result })).toMatchObject({
      code: 'TERRAFORM_MISSING',
      message: expect.stringContaining('not found'),
    });
  });

  it('that cannot be started at all is a result with the reason', async () => {
    const directory = runs.directory();
    const options = directory.options(FAKE_TERRAFORM, { cwd: `${directory.path}/nowhere` });
    const result = await startRun(options).result;
    expect(result.startError).toMatch(/ENOENT|does not exist|directory/i);
    expect(result.exitCode).toBeUndefined();
  });

  it('does not take the files of an earlier run in its directory for its own', async () => {
    const directory = scenario([{ print: started }, { hang: true }]);
    directory.write('exit', '0\n');
    directory.write('pid.stopped', '');
    const run = observe(directory.options(FAKE_TERRAFORM));
    await run.message(({ type }) => type === 'apply_start');
    run.stop('cancelled');
    expect(await run.result).toMatchObject({ exitCode: 1 });
    expect(directory.read('signals.log')).toBe('SIGTERM\n');
  });

  it('writes files that only its owner reads', async () => {
    const directory = scenario([]);
    await startRun(directory.options(FAKE_TERRAFORM)).result;
    expect(statSync(directory.files.log).mode & 0o777).toBe(0o600);
    expect(statSync(directory.files.stderr).mode & 0o777).toBe(0o600);
  });
});
