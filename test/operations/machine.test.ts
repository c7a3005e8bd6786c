/**
 * The contract of a machine, by the real one with the real Terraform and by the one of the model, whose Terraform is an actor: what the
 * model proves holds only as far as both do the same.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/log.js';
import { type Machine, thisMachine } from '../../src/operations/machine.js';
import { inspectState } from '../../src/state/document.js';
import { type ProcessFiles, RunPaths } from '../../src/state/run-paths.js';
import { taint } from '../../src/state/taint.js';
import { applyArgs, applyPlanArgs, destroyArgs, planArgs } from '../../src/terraform/args.js';
import { childEnv } from '../../src/terraform/env.js';
import type { TerraformMessage } from '../../src/terraform/messages.js';
import type { RunResult, TerraformRun } from '../../src/terraform/start.js';
import { ModelCloud } from '../model/cloud.js';
import { ModelHost } from '../model/host.js';
import { ModelProcess } from '../model/process.js';
import { ModelTime } from '../model/time.js';
import { REAL_TERRAFORM } from '../support/terraform-run.js';

/** A machine, and how its time goes on until something is so. */
interface Bench {
  readonly machine: Machine;
  until(is: () => boolean): Promise<void>;
}

const PATIENCE_MS = 40_000;
const implementations: readonly { readonly name: string; open(root: string): Bench }[] = [
  {
    name: 'this machine',
    open: () => ({
      machine: thisMachine,
      until: async (is) => {
        for (const end = Date.now() + PATIENCE_MS; !is(); await sleep(10)) {
          if (Date.now() > end) throw new Error('it did not come to it');
        }
      },
    }),
  },
  {
    name: 'the machine of the model',
    open: (root) => {
      const time = new ModelTime();
      const cloud = new ModelCloud(() => time.now);
      const host = new ModelHost('host', root, { cloud, time });
      const process = new ModelProcess('process', 1);
      host.adopt(process);
      const until = async (is: () => boolean): Promise<void> => {
        for (let steps = 0; steps < 1_000; steps += 1) {
          await new Promise((resolve) => setImmediate(resolve));
          if (is()) return;
          time.pass(1);
          // What is waited for and what is read comes before what Terraform does next.
          host.tasks.at(-1)?.take();
        }
        throw new Error('it did not come to it');
      };
      return { machine: host.machineOf(process), until };
    },
  },
];

/** `machine` stands on `net`; `disk` beside them. `slow` takes its time, where a configuration can say so. */
const configuration = (slow = false) => {
  const input = (part: string) => ({ nodeId: 'n1', part });
  const provisioner = [{ 'local-exec': { command: 'sleep 600' } }];
  return {
    resource: {
      terraform_data: {
        net: { input: input('net') },
        machine: {
          input: input('machine'),
          depends_on: ['terraform_data.net'],
          ...(slow ? { provisioner } : {}),
        },
        disk: { input: input('disk') },
      },
    },
    output: { machine: { value: '${terraform_data.machine.id}' } },
  };
};

describe.each(implementations)('$name', ({ open }) => {
  let root: string;
  let bench: Bench;
  let paths: RunPaths;
  let runId: string;
  let messages: TerraformMessage[];
  let made = 0;
  let runs = 0;
  let files: ProcessFiles;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ny-machine-'));
    bench = open(root);
    made += 1;
    runId = `contract-${process.pid}-${made}`;
    paths = new RunPaths(join(root, 'runs', `n1.1.${runId}`));
    mkdirSync(join(root, 'data'));
    mkdirSync(paths.path, { recursive: true });
    const member = { nodeId: 'n1', epoch: 1, holder: 'h' };
    const owner = bench.machine.self();
    const meta = { version: 1, runId, operation: 'create', members: [member], owner, createdAt: 0 };
    writeFileSync(paths.metaFile, JSON.stringify(meta));
    writeFileSync(paths.configuration, JSON.stringify(configuration()));
  });
  afterEach(async () => {
    expect(await bench.machine.runProcesses(runId)).toEqual([]);
    rmSync(root, { recursive: true, force: true });
  });

  const start = (args: readonly string[], { graceMs = 30_000 } = {}): TerraformRun => {
    messages = [];
    runs += 1;
    // One directory is for one run; these share the state alone.
    const file = (name: string): string => join(paths.path, `${runs}.${name}`);
    files = { log: file('log'), stderr: file('stderr'), pid: file('pid'), exit: file('exit') };
    return bench.machine.start({
      binary: REAL_TERRAFORM,
      args,
      cwd: paths.path,
      env: childEnv({ env: process.env, runId, dataDir: join(root, 'data') }),
      files,
      graceMs,
      onMessage: (message) => void messages.push(message),
      log: silentLog,
    });
  };
  const ended = async (run: TerraformRun): Promise<RunResult> => {
    let result: RunResult | undefined;
    void run.result.then((answer) => {
      result = answer;
    });
    await bench.until(() => result !== undefined);
    return run.result;
  };
  const run = (args: readonly string[]): Promise<RunResult> => ended(start(args));
  const parallelism = 10;
  const apply = () => run(applyArgs({ parallelism }));
  const state = () => inspectState(readFileSync(paths.state));
  const seen = (type: string, part: string): number =>
    messages.findIndex(
      (message) =>
        message.type === type &&
        'hook' in message &&
        message.hook.resource.address === `terraform_data.${part}`,
    );

  test('owns its runs by a process that lives, and knows one that does not, or is elsewhere', () => {
    const { machine } = bench;
    const self = machine.self();
    expect(machine.liveness(self)).toBe('alive');
    expect(machine.liveness({ ...self, startedAt: 'before' })).toBe('dead');
    expect(machine.liveness({ ...self, boot: 'the one before' })).toBe('dead');
    expect(machine.liveness({ ...self, host: 'another' })).toBe('elsewhere');
  });

  test('lets one at a time be alone', async () => {
    const lock = { path: join(root, 'lock'), waitMs: 0, what: 'a test', log: silentLog };
    const inside = await bench.machine.alone(lock, async () => bench.machine.alone(lock, async () => 'both'));
    expect(inside).toEqual({ result: undefined });
    expect(await bench.machine.alone(lock, async () => 'after')).toEqual({ result: 'after' });
  });

  test('applies: in order, with a message for each step, the state as the last word', async () => {
    const result = await apply();
    expect(result).toMatchObject({
      exitCode: 0,
      killed: false,
      diagnostics: [],
      unfinished: [],
      changes: { add: 3, remove: 0, operation: 'apply' },
      progress: { done: 3, total: 3 },
      outputs: { machine: { sensitive: false, value: expect.any(String) } },
    });
    expect(messages[0]?.type).toBe('version');
    expect(seen('apply_start', 'machine')).toBeGreaterThan(seen('apply_complete', 'net'));
    expect([...state().addresses].sort()).toEqual(
      ['disk', 'machine', 'net'].map((part) => `terraform_data.${part}`),
    );
    expect(readFileSync(files.exit, 'utf8')).toBe('0\n');
  });

  test('applies again without a change of the state', async () => {
    await apply();
    const before = readFileSync(paths.state);
    expect(await apply()).toMatchObject({ exitCode: 0, changes: { add: 0, remove: 0 } });
    expect(readFileSync(paths.state)).toEqual(before);
  });

  test('plans the replacement of what is tainted, and applies that plan', async () => {
    await apply();
    const before = readFileSync(paths.state);
    writeFileSync(paths.state, taint(before, ['terraform_data.machine']).document);
    const planned = await run(planArgs({ parallelism, out: paths.plan }));
    expect(planned).toMatchObject({ exitCode: 0 });
    expect(planned.planned).toMatchObject([
      { action: 'replace', reason: 'tainted', resource: { address: 'terraform_data.machine' } },
    ]);
    expect(await run(applyPlanArgs({ parallelism, planFile: paths.plan }))).toMatchObject({
      exitCode: 0,
      changes: { add: 1, remove: 1 },
    });
    expect(state().resources).toBe(3);
    expect(state().lineage).toBe(inspectState(before).lineage);
    expect(state().serial).toBeGreaterThan(inspectState(before).serial);
  });

  test('takes away what is held and not configured, silently', async () => {
    await apply();
    const { resource } = configuration();
    const { disk: _disk, ...rest } = resource.terraform_data;
    writeFileSync(paths.configuration, JSON.stringify({ resource: { terraform_data: rest } }));
    const planned = await run(planArgs({ parallelism, out: paths.plan }));
    expect(planned.planned).toMatchObject([
      { action: 'delete', resource: { address: 'terraform_data.disk' } },
    ]);
    expect(await apply()).toMatchObject({ exitCode: 0 });
    expect(state().addresses).not.toContain('terraform_data.disk');
  });

  test('destroys, what stands upon something first, and leaves a state of nothing', async () => {
    await apply();
    const result = await run(destroyArgs({ parallelism }));
    expect(result).toMatchObject({ exitCode: 0, changes: { remove: 3, operation: 'destroy' } });
    expect(seen('apply_start', 'net')).toBeGreaterThan(seen('apply_complete', 'machine'));
    expect(state().resources).toBe(0);
  });

  test('destroys nothing where there is nothing, and writes that down', async () => {
    expect(await run(destroyArgs({ parallelism }))).toMatchObject({ exitCode: 0, changes: { remove: 0 } });
    expect(state().resources).toBe(0);
  });

  const begunMachine = () => seen('apply_start', 'machine') >= 0;
  const slowly = () => writeFileSync(paths.configuration, JSON.stringify(configuration(true)));

  test('ends a run that is told to: what was in flight is in the state, and nothing else is begun', async () => {
    slowly();
    const told = start(applyArgs({ parallelism }));
    await bench.until(begunMachine);
    told.stop('cancelled');
    told.stop('shutdown');
    const result = await ended(told);
    expect(result).toMatchObject({ exitCode: 1, stopped: 'cancelled', killed: false });
    expect(state().addresses).toContain('terraform_data.net');
    expect(state().addresses).toContain('terraform_data.machine');
    expect(readFileSync(files.exit, 'utf8')).toBe('1\n');
  });

  test('finds what a run has left, waits for it no longer than it may, and kills it then', async () => {
    slowly();
    const left = start(applyArgs({ parallelism }));
    await bench.until(begunMachine);
    expect((await bench.machine.runProcesses(runId)).length).toBeGreaterThan(0);
    let killed: boolean | undefined;
    void bench.machine.endRunProcesses(runId, { graceMs: 0, pidFile: files.pid }).then((answer) => {
      killed = answer.killed;
    });
    await bench.until(() => killed !== undefined);
    expect(killed).toBe(true);
    const result = await ended(left);
    expect(result.exitCode).toBeUndefined();
    expect(existsSync(files.exit)).toBe(false);
    expect(await bench.machine.endRunProcesses(runId, { graceMs: 0, pidFile: files.pid })).toMatchObject({
      killed: false,
    });
  });
});
