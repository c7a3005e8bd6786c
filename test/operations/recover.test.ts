/** Run directories that nobody works in any more, on a real store and a real repository. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/log.js';
import { thisMachine } from '../../src/operations/machine.js';
import { Recovery, type RecoveryParts } from '../../src/operations/recover.js';
import { currentOwner, ownerOf, type ProcessOwner } from '../../src/state/owner.js';
import { createRedisQuarantine } from '../../src/state/redis-quarantine.js';
import { createRedisStateRepository } from '../../src/state/redis-repository.js';
import type { StateRepository } from '../../src/state/repository.js';
import { createRunDirectory, type RunDirectory } from '../../src/state/run-directory.js';
import type { RunMeta } from '../../src/state/run-meta.js';
import { stateText, textOf } from '../state/support/documents.js';
import { nodeAt, useStore } from '../store/support.js';
import { isRunning } from '../support/hostile-terraform.js';

const fixture = useStore({ sound: false });
let base: string;
let states: StateRepository;
let recovered: string[];
let processes: ChildProcess[];
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'ny-recovery-'));
  states = createRedisStateRepository({ redis: fixture.redis, keptVersions: 3 });
  recovered = [];
  processes = [];
});
afterEach(async () => {
  for (const process of processes) process.kill('SIGKILL');
  await rm(base, { recursive: true, force: true });
});

const recovery = (more: Partial<RecoveryParts> = {}): Recovery =>
  new Recovery({
    store: fixture.store,
    states,
    quarantine: createRedisQuarantine({ redis: fixture.redis }),
    machine: thisMachine,
    directories: { runs: join(base, 'runs'), logs: join(base, 'logs'), locks: join(base, 'locks') },
    redact: (text) => text.replaceAll('hunter2', '[redacted]'),
    graceMs: 20_000,
    silentMs: 60_000,
    onRecovered: async ({ runId }) => void recovered.push(runId),
    log: silentLog,
    now: Date.now,
    ...more,
  });

const DEAD: ProcessOwner = { ...currentOwner(), startedAt: '1' };
const ELSEWHERE: ProcessOwner = { ...currentOwner(), host: 'another-machine' };
const HOLDER = 'the-dead-run';

let made = 0;
/** The directory of a run that has written a state, and its node as the run had it. */
async function leftover(more: Partial<RunMeta> = {}): Promise<RunDirectory & { readonly nodeId: string }> {
  made += 1;
  const { id } = await nodeAt(fixture.store, 'REQUESTED');
  await fixture.store.begin(id, { operation: 'create', holder: HOLDER, leaseMs: 60_000 });
  const directory = await createRunDirectory(join(base, 'runs'), {
    version: 1,
    runId: `run-${made}`,
    operation: 'create',
    members: [{ nodeId: id, epoch: 1, holder: HOLDER }],
    job: { queue: 'nodeyard-create', id: 'job', token: 'token' },
    owner: DEAD,
    createdAt: 0,
    ...more,
  });
  await writeFile(directory.state, stateText([{ name: 'made' }]));
  await writeFile(directory.log, 'the password is hunter2\n');
  return Object.assign(directory, { nodeId: id });
}

/** A process that carries the run’s mark, as Terraform does. */
async function terraformOf({ meta }: RunDirectory): Promise<ChildProcess> {
  const terraform = spawn('sleep', ['600'], {
    env: { PATH: process.env['PATH'], NODEYARD_RUN_ID: meta.runId },
    stdio: 'ignore',
  });
  processes.push(terraform);
  await once(terraform, 'spawn');
  return terraform;
}

describe('what a dead worker left', () => {
  test('is brought home: state stored, log kept without secrets, lease ended, job given back, directory gone', async () => {
    const directory = await leftover();
    const { nodeId } = directory;
    expect(await recovery().node(nodeId)).toBe('clear');
    expect(textOf((await states.load(nodeId))?.document)).toBe(stateText([{ name: 'made' }]));
    const log = join(base, 'logs', nodeId, `000001-create-${directory.meta.runId}.jsonl`);
    expect(await readFile(log, 'utf8')).toBe('the password is [redacted]\n');
    expect(await fixture.store.get(nodeId)).toMatchObject({ state: 'CREATING', epoch: 1 });
    expect((await fixture.store.get(nodeId))?.lease).toBeUndefined();
    expect((await fixture.store.history(nodeId)).at(-1)).toMatchObject({
      type: 'noted',
      actor: 'reconciler',
      reason: 'recovered the create run of epoch 1: state canonical',
    });
    expect(recovered).toEqual([directory.meta.runId]);
    expect(existsSync(directory.path)).toBe(false);
  });

  test('is quarantined where another run has had the node since', async () => {
    const { nodeId } = await leftover();
    await fixture.store.release(nodeId, { epoch: 1, holder: HOLDER });
    await fixture.store.begin(nodeId, { operation: 'create', holder: 'other', leaseMs: 60_000 });
    await recovery().node(nodeId);
    expect(await states.load(nodeId)).toBeUndefined();
    expect(await states.quarantined(nodeId)).toMatchObject([{ epoch: 1, resources: 1 }]);
    expect((await fixture.store.get(nodeId))?.lease?.holder).toBe('other');
  });

  test('is recovered for one node alone when that node is about to run', async () => {
    const [first, second] = [await leftover(), await leftover()];
    await recovery().node(first.nodeId);
    expect([existsSync(first.path), existsSync(second.path)]).toEqual([false, true]);
    expect(await recovery().all()).toEqual({ busy: 0 });
    expect(existsSync(second.path)).toBe(false);
  });

  test('is recovered once when two find it at once', async () => {
    const { nodeId, path } = await leftover();
    const results = await Promise.all([recovery(), recovery(), recovery()].map((each) => each.node(nodeId)));
    expect(results).toContain('clear');
    expect(recovered).toHaveLength(1);
    expect(existsSync(path)).toBe(false);
  });
});

describe('whose run it is decides', () => {
  test('a run that is at work in this process is left alone, and recovered once it has ended without its state being stored', async () => {
    const directory = await leftover({ owner: currentOwner() });
    const own = recovery();
    await own.protect(directory.meta.runId, async () => {
      expect(await own.node(directory.nodeId)).toBe('busy');
      expect(existsSync(directory.path)).toBe(true);
    });
    expect(await own.node(directory.nodeId)).toBe('clear');
    expect(existsSync(directory.path)).toBe(false);
  });

  test('a run of another living process is left alone', async () => {
    const other = await terraformOf(await leftover());
    const owner = ownerOf(other.pid ?? 0);
    if (owner === undefined) throw new Error('the other process has ended');
    const directory = await leftover({ owner });
    expect(await recovery().node(directory.nodeId)).toBe('busy');
    expect(existsSync(directory.path)).toBe(true);
  });

  test('a run of another machine is left alone while anything in it changes, and recovered when it has gone silent', async () => {
    const directory = await leftover({ owner: ELSEWHERE });
    expect(await recovery().node(directory.nodeId)).toBe('busy');
    expect(await recovery({ now: () => Date.now() + 60_001 }).node(directory.nodeId)).toBe('clear');
    expect((await states.load(directory.nodeId))?.resources).toBe(1);
  });
});

describe('a Terraform that has outlived its worker', () => {
  test('is waited for in the background: the node is busy until it has ended', async () => {
    const directory = await leftover();
    const terraform = await terraformOf(directory);
    const own = recovery();
    expect(await own.node(directory.nodeId)).toBe('busy');
    expect(await own.all()).toEqual({ busy: 1 });
    await writeFile(directory.state, stateText([{ name: 'made' }, { name: 'later' }], { serial: 2 }));
    terraform.kill('SIGKILL');
    await own.idle();
    expect(existsSync(directory.path)).toBe(false);
    expect((await states.load(directory.nodeId))?.resources).toBe(2);
    expect(recovered).toHaveLength(1);
  });

  test('is killed when its grace is over', async () => {
    const directory = await leftover();
    const terraform = await terraformOf(directory);
    const own = recovery({ graceMs: 50 });
    expect(await own.node(directory.nodeId)).toBe('busy');
    await own.idle();
    expect(isRunning(terraform.pid ?? 0)).toBe(false);
    expect(existsSync(directory.path)).toBe(false);
  });
});

describe('a recovery that fails', () => {
  const away = async (): Promise<never> => {
    throw new Error('no connection');
  };

  test('keeps the directory, and is tried again', async () => {
    const directory = await leftover();
    const without = { load: (id: string) => states.load(id), save: away };
    await expect(recovery({ states: without }).node(directory.nodeId)).rejects.toThrow('no connection');
    expect(existsSync(directory.state)).toBe(true);
    expect(recovered).toEqual([]);
    expect(await recovery().node(directory.nodeId)).toBe('clear');
  });

  test('keeps no other directory from being recovered', async () => {
    const [first, second] = [await leftover(), await leftover()];
    const load = (id: string) => (id === first.nodeId ? away() : states.load(id));
    const own = recovery({ states: { load, save: states.save.bind(states) } });
    expect(await own.all()).toEqual({ busy: 1 });
    expect([existsSync(first.path), existsSync(second.path)]).toEqual([true, false]);
  });

  test('before it has begun is an error like any other', async () => {
    const directory = await leftover();
    await writeFile(join(base, 'locks'), 'not a directory');
    await expect(recovery().node(directory.nodeId)).rejects.toThrow();
    expect(await recovery().all()).toEqual({ busy: 1 });
    expect(existsSync(directory.state)).toBe(true);
  });
});

describe('a directory without a description', () => {
  const LONG_AGO = new Date(0);
  async function directory(name: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
    const path = join(base, 'runs', name);
    await mkdir(path, { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
    await utimes(path, LONG_AGO, LONG_AGO);
    return path;
  }

  test('is removed where its worker died before it wrote one', async () => {
    await directory('n1.1.run-a');
    await directory('n1.1.run-b', { 'run.json.part': '{"version":1,"ru' });
    await recovery().all();
    expect(readdirSync(join(base, 'runs'))).toEqual([]);
  });

  test('is left alone while it may just be being made', async () => {
    const path = await directory('n1.1.run-a');
    await utimes(path, new Date(), new Date());
    await recovery().all();
    expect(existsSync(path)).toBe(true);
  });

  test('is never removed where it may hold a state, and keeps no other from being recovered', async () => {
    const path = await directory('n1.1.run-a', { 'terraform.tfstate': stateText([{ name: 'a' }]) });
    const broken = await directory('n1.1.run-b', { 'run.json': 'nonsense' });
    const sound = await leftover();
    expect(await recovery().all()).toEqual({ busy: 0 });
    expect([existsSync(path), existsSync(broken), existsSync(sound.path)]).toEqual([true, true, false]);
  });
});
