import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { childEnv } from '../../src/terraform/env.js';
import { readExitFile, readPidFile } from '../../src/terraform/exit-file.js';
import {
  findRunProcesses,
  isRunProcess,
  killRunProcesses,
  waitOrEndRunProcesses,
} from '../../src/terraform/processes.js';
import { REAL_TERRAFORM } from '../support/terraform-binary.js';
import { FAKE_TERRAFORM, type TestDirectory, TestRuns } from '../support/terraform-run.js';

const runs = new TestRuns();
// What was killed a moment ago may still be on its way out.
afterEach(() => vi.waitFor(async () => expect(await runs.left()).toEqual([]), { timeout: 5_000 }));
afterAll(() => runs.close());

const WORKER = fileURLToPath(new URL('../support/run-worker.ts', import.meta.url));
const resource = { addr: 'terraform_data.node', resource_type: 'terraform_data' };
const started = { print: { type: 'apply_start', hook: { resource, action: 'create' } } };

/** A worker in a process of its own, so that it can die. */
class Worker {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(binary: string, { path, runId }: TestDirectory) {
    const args = ['--import', 'tsx', WORKER, binary, path, runId, join(runs.root, `${runId}.data`)];
    this.process = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.process.stdout === null) throw new Error('no pipe');
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async says(line: string): Promise<void> {
    for (let said = await this.#lines.next(); said.value !== line; said = await this.#lines.next()) {
      if (said.done === true) throw new Error(`the worker ended without saying ${line}`);
    }
  }

  async die(): Promise<void> {
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}

describe('a worker that is killed', () => {
  it('leaves a real Terraform that gets its one TERM, saves its state and reports its end', async () => {
    const directory = runs.directory();
    directory.write('main.tf.json', {
      resource: {
        terraform_data: { done: {}, node: { provisioner: [{ 'local-exec': { command: 'sleep 600' } }] } },
      },
    });
    const worker = new Worker(REAL_TERRAFORM, directory);
    await worker.says('provision_start');
    await worker.die();
    const { killed } = await waitOrEndRunProcesses(directory.runId, { graceMs: 30_000 });
    expect(killed).toBe(false);
    expect(directory.read('log').match(/Interrupt received/g)).toHaveLength(1);
    expect(directory.read('log')).not.toContain('Two interrupts');
    expect(readExitFile(directory.files.exit)).toEqual({ exitCode: 1 });
    const state = JSON.parse(directory.read('terraform.tfstate')) as { resources: { name: string }[] };
    expect(state.resources.map(({ name }) => name).sort()).toEqual(['done', 'node']);
  });

  it('after it had asked for the stop leaves a Terraform that got one TERM, not two', async () => {
    const directory = runs.directory();
    directory.write('scenario.json', {
      onTerm: 'ignore',
      steps: [started, { untilFile: 'release' }, { exit: 1 }],
    });
    const worker = new Worker(FAKE_TERRAFORM, directory);
    await worker.says('apply_start');
    worker.process.stdin?.write('stop\n');
    await worker.says('stopped');
    await worker.says('log');
    await worker.die();
    directory.write('release', '');
    expect(await waitOrEndRunProcesses(directory.runId, { graceMs: 30_000 })).toMatchObject({
      killed: false,
    });
    expect(directory.read('signals.log')).toBe('SIGTERM\n');
    expect(readExitFile(directory.files.exit)).toEqual({ exitCode: 1 });
  });

  it('together with its guard leaves a Terraform that gets its one TERM from the next worker', async () => {
    const directory = runs.directory();
    directory.write('scenario.json', { steps: [started, { hang: true }] });
    const worker = new Worker(FAKE_TERRAFORM, directory);
    await worker.says('apply_start');
    // The guard writes the pid down after it has started Terraform, which may be quicker to speak.
    await expect.poll(() => readPidFile(directory.files.pid)).toBeDefined();
    const terraform = readPidFile(directory.files.pid) ?? Number.NaN;
    const others = (await findRunProcesses(directory.runId)).filter((pid) => pid !== terraform);
    worker.process.kill('SIGSTOP');
    for (const pid of others) process.kill(pid, 'SIGKILL');
    await worker.die();
    expect(await isRunProcess(terraform, directory.runId)).toBe(true);
    const { killed } = await waitOrEndRunProcesses(directory.runId, {
      graceMs: 30_000,
      pidFile: directory.files.pid,
    });
    expect(killed).toBe(false);
    expect(directory.read('signals.log')).toBe('SIGTERM\n');
    expect(existsSync(directory.files.exit)).toBe(false);
  });

  it('leaves a Terraform that hangs, which is killed after the grace with all that it started', async () => {
    const directory = runs.directory();
    const steps = [{ spawn: ['sleep', '600'] }, started, { hang: true }];
    directory.write('scenario.json', { onTerm: 'ignore', steps });
    const worker = new Worker(FAKE_TERRAFORM, directory);
    await worker.says('apply_start');
    await worker.die();
    const { found, killed } = await waitOrEndRunProcesses(directory.runId, { graceMs: 300 });
    expect(killed).toBe(true);
    expect(found).toBeGreaterThanOrEqual(3);
    expect(await findRunProcesses(directory.runId)).toEqual([]);
    expect(directory.read('signals.log')).toBe('SIGTERM\n');
  });
});

describe('the processes of a run', () => {
  it('are those with its mark and no others', async () => {
    const one = runs.directory();
    const other = runs.directory();
    const start = ({ runId }: TestDirectory) =>
      spawn('sleep', ['600'], { env: childEnv({ env: process.env, runId, dataDir: runs.root }) });
    const [first, second] = [start(one), start(other)];
    await Promise.all([once(first, 'spawn'), once(second, 'spawn')]);
    expect(await findRunProcesses(one.runId)).toEqual([first.pid]);
    const exited = once(first, 'exit');
    await killRunProcesses(one.runId);
    await exited;
    expect(await isRunProcess(second.pid ?? Number.NaN, other.runId)).toBe(true);
    await killRunProcesses(other.runId);
  });

  it('are none when nothing was left', async () => {
    expect(await waitOrEndRunProcesses('never-ran', { graceMs: 1000 })).toEqual({ found: 0, killed: false });
  });

  it('are waited for only as long as the caller wants', async () => {
    const directory = runs.directory();
    const env = childEnv({ env: process.env, runId: directory.runId, dataDir: runs.root });
    const sleeping = spawn('sleep', ['600'], { env });
    await once(sleeping, 'spawn');
    const waiting = waitOrEndRunProcesses(directory.runId, {
      graceMs: 60_000,
      signal: AbortSignal.abort(new Error('shut down')),
    });
    await expect(waiting).rejects.toThrow('shut down');
    expect(await isRunProcess(sleeping.pid ?? Number.NaN, directory.runId)).toBe(true);
    await killRunProcesses(directory.runId);
  });

  it.each(['', '*', '../x', 'a=b', 'a b'])('are never looked for by the id %j', async (runId) => {
    await expect(findRunProcesses(runId)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
