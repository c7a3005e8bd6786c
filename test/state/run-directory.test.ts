import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { currentOwner } from '../../src/state/owner.js';
import {
  clearRemoved,
  createRunDirectory,
  listRunDirectories,
  openRunDirectory,
} from '../../src/state/run-directory.js';
import type { RunMeta } from '../../src/state/run-meta.js';
import { openSmallDisk } from '../chaos/disk.js';

let base: string;
let root: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'ny-runs-'));
  root = join(base, 'runs');
});
afterEach(() => rm(base, { recursive: true, force: true }));

const run = (overrides: Partial<RunMeta> = {}): RunMeta => ({
  version: 1,
  runId: 'r1',
  operation: 'create',
  members: [{ nodeId: 'node-1', epoch: 3, holder: 'worker-a' }],
  job: { queue: 'nodeyard-create', id: 'node-1.1', token: 't' },
  owner: currentOwner(),
  createdAt: 1_700_000_000_000,
  ...overrides,
});

test('a run directory bears the name of its node, epoch and run, is private, and holds its meta first', async () => {
  const directory = await createRunDirectory(root, run());
  expect(directory.path).toBe(join(root, 'node-1.3.r1'));
  expect(directory.name).toEqual({ nodeId: 'node-1', epoch: 3, runId: 'r1' });
  expect((await stat(directory.path)).mode & 0o777).toBe(0o700);
  expect((await stat(directory.metaFile)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory.path)).toEqual(['run.json']);
});

test('a run directory is not begun on a disk without room for a state', async ({ skip }) => {
  const disk = openSmallDisk(root, 2);
  try {
    if (disk.problem !== undefined) skip(disk.problem);
    await expect(createRunDirectory(root, run())).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(root)).toEqual([]);
  } finally {
    disk.close();
  }
});

test('what was written is read again', async () => {
  const { path } = await createRunDirectory(root, run());
  expect((await openRunDirectory(path)).meta).toEqual(run());
});

test('every path lies in the directory', async () => {
  const directory = await createRunDirectory(root, run());
  const { configuration, lockFile, state, goodState, erroredState, log, stderr, pid, exit, plan, metaFile } =
    directory;
  const names = [
    configuration,
    lockFile,
    state,
    goodState,
    erroredState,
    log,
    stderr,
    pid,
    exit,
    plan,
    metaFile,
    ...Object.values(directory.planFiles),
  ];
  expect(names.map((path) => basename(path))).toEqual([
    'cdk.tf.json',
    '.terraform.lock.hcl',
    'terraform.tfstate',
    'state.good',
    'errored.tfstate',
    'run.log',
    'stderr.log',
    'pid',
    'exit',
    'plan.tfplan',
    'run.json',
    'plan.log',
    'plan.stderr.log',
    'plan.pid',
    'plan.exit',
  ]);
  expect(names.every((path) => path.startsWith(`${directory.path}/`))).toBe(true);
});

test.each([
  [
    'a node id that climbs',
    { members: [{ nodeId: '../x', epoch: 1, holder: 'w' }] },
    'meta.members.0.nodeId',
  ],
  ['a run id with a separator', { runId: 'a.b' }, 'meta.runId'],
  ['epoch 0', { members: [{ nodeId: 'n', epoch: 0, holder: 'w' }] }, 'meta.members.0.epoch'],
] as const)('%s is refused before anything is made', async (_name, overrides, field) => {
  const refused = createRunDirectory(root, run(overrides as Partial<RunMeta>));
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT', field });
  expect(await readdir(base)).toEqual([]);
});

test('the same run has one directory only', async () => {
  await createRunDirectory(root, run());
  await expect(createRunDirectory(root, run())).rejects.toThrow(/EEXIST/);
});

test('a missing root holds no runs', async () => {
  expect(await listRunDirectories(root)).toEqual({ runs: [], broken: [] });
});

test('directories that cannot be read as runs are reported with the reason and left alone', async () => {
  const { path } = await createRunDirectory(root, run());
  await createRunDirectory(root, run({ runId: 'other' }));
  await writeFile(join(root, 'node-1.3.other', 'run.json'), JSON.stringify(run({ runId: 'r1' })));
  const contents: Record<string, string | undefined> = {
    'node-2.1.empty': undefined,
    'node-2.1.torn': '{"version":1,',
    'node-2.1.wrong': '{"version":2}',
    'not a run': JSON.stringify(run()),
  };
  for (const [name, text] of Object.entries(contents)) {
    await mkdir(join(root, name));
    if (text !== undefined) await writeFile(join(root, name, 'run.json'), text);
  }
  await writeFile(join(root, 'a-file'), '');

  const { runs, broken } = await listRunDirectories(root);
  expect(runs.map((directory) => directory.path)).toEqual([path]);
  expect(
    broken.map(({ paths, problem }) => [basename(paths.path), paths.name?.epoch, problem.split(': ')[1]]),
  ).toEqual([
    ['node-1.3.other', 3, 'run.json is that of another run'],
    ['node-2.1.empty', 1, 'it has no run.json'],
    ['node-2.1.torn', 1, 'run.json'],
    ['node-2.1.wrong', 1, 'run.json'],
    ['not a run', undefined, 'its name is not <node id>.<epoch>.<run id>'],
  ]);
  expect(await readdir(root)).toHaveLength(7);
});

test('a link is no run directory', async () => {
  const { path } = await createRunDirectory(root, run());
  await symlink(path, join(root, 'node-9.1.r1'));
  await expect(openRunDirectory(join(root, 'node-9.1.r1'))).rejects.toThrow(/not a directory/);
});

test('a removed directory is gone, and removing it again is no error', async () => {
  const directory = await createRunDirectory(root, run());
  await writeFile(directory.state, 'x');
  await directory.remove();
  await directory.remove();
  expect(await readdir(root)).toEqual([]);
});

test('half a removal is no run, and is finished later', async () => {
  await mkdir(join(root, '.removed.node-1.3.r1'), { recursive: true });
  await writeFile(join(root, '.removed.node-1.3.r1', 'state.good'), 'old');
  expect(await listRunDirectories(root)).toEqual({ runs: [], broken: [] });
  expect(await clearRemoved(root)).toBe(1);
  expect(await readdir(root)).toEqual([]);
});
