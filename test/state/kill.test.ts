/** A real Terraform, killed in the middle: what the harvest and the recovery bring home. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../src/log.js';
import { emptyDocument, inspectState } from '../../src/state/document.js';
import { createHarvester } from '../../src/state/harvest.js';
import { currentOwner } from '../../src/state/owner.js';
import { recoverDirectory } from '../../src/state/recover-directory.js';
import { createRunDirectory, type RunDirectory } from '../../src/state/run-directory.js';
import { prepareTerraform, startTerraform, type TerraformLab } from './support/terraform.js';

let base: string;
let lab: TerraformLab;
const groups: number[] = [];
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'ny-kill-'));
  lab = await prepareTerraform(base);
});
afterAll(async () => {
  await rm(base, { recursive: true, force: true });
  for (const group of alive()) process.kill(-group, 'SIGKILL');
});

/** Groups of ours with a process that is not a zombie. */
function alive(): number[] {
  const table = execFileSync('ps', ['-eo', 'pgid=,stat='], { encoding: 'utf8' });
  const rows = table
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  const living = new Set(
    rows.filter(([, stat]) => stat?.startsWith('Z') === false).map(([group]) => Number(group)),
  );
  return groups.filter((group) => living.has(group));
}

const QUICK = ['q0', 'q1', 'q2', 'q3'];
const SLOW = ['s0', 's1'];

/**
 * The slow ones say that they have started and wait until they may go on. `late` finishes while they wait: Terraform
 * writes a resource whose provisioner still runs into the state only with the next one that is finished (seen). So
 * `last`, which begins after `late`, is in no state when the kill comes.
 */
function configuration(signals: string): string {
  const resource = (name: string, after: readonly string[], command?: string): [string, object] => [
    name,
    {
      input: name,
      depends_on: after.map((other) => `terraform_data.${other}`),
      ...(command !== undefined && { provisioner: [{ 'local-exec': { command } }] }),
    },
  ];
  const until = (name: string): string => `while [ ! -e ${signals}/${name} ]; do sleep 0.05; done`;
  const slow = (name: string): string => `echo > ${signals}/${name}; ${until('go')}`;
  return JSON.stringify({
    resource: {
      terraform_data: Object.fromEntries([
        ...QUICK.map((name) => resource(name, [])),
        ...SLOW.map((name) => resource(name, QUICK, slow(name))),
        resource('late', [], SLOW.map(until).join('; ')),
        resource('last', ['late'], slow('last')),
      ]),
    },
  });
}

async function newRun(epoch: number): Promise<RunDirectory> {
  const directory = await createRunDirectory(join(base, 'runs'), {
    version: 1,
    runId: 'r',
    operation: 'create',
    members: [{ nodeId: 'node', epoch, holder: 'w' }],
    owner: currentOwner(),
    createdAt: Date.now(),
  });
  await writeFile(directory.configuration, configuration(base));
  return directory;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

test('a killed run gives every finished resource, and what was in flight is replaced by the next', async () => {
  const killed = await newRun(1);
  const stored: Uint8Array[] = [];
  const harvester = createHarvester({
    statePath: killed.state,
    goodPath: killed.goodState,
    save: async (document) => {
      stored.push(document);
      return 'canonical';
    },
    firstSequence: 1,
    log: silentLog,
  });
  const terraform = startTerraform(lab, killed);
  const group = terraform.pid as number;
  groups.push(group);
  await expect.poll(() => exists(join(base, 'last')), { timeout: 30_000 }).toBe(true);
  harvester.touch();
  const address = (name: string): string => `terraform_data.${name}`;
  const held = [...QUICK, ...SLOW, 'late'].map(address).sort();
  const harvestedResources = (): number => inspectState(stored.at(-1) ?? emptyDocument()).resources;
  await expect.poll(harvestedResources, { timeout: 30_000 }).toBe(held.length);
  process.kill(-group, 'SIGKILL');
  await once(terraform, 'exit');
  // As a kill leaves it more often than not: in the middle of a rewrite.
  await truncate(killed.state, 200);

  const harvested = await harvester.finish();
  const recovered = await recoverDirectory(killed);
  expect(harvested).toMatchObject({ stored: true, torn: true });
  expect(recovered).toMatchObject({
    graceful: false,
    unrecorded: [{ address: 'terraform_data.last', type: 'terraform_data' }],
  });
  expect([...recovered.tainted].sort()).toEqual(SLOW.map(address));
  const document = recovered.document as Uint8Array;
  expect([...inspectState(document).addresses].sort()).toEqual(held);

  const next = await newRun(2);
  await writeFile(next.state, document);
  await writeFile(join(base, 'go'), '');
  const retry = startTerraform(lab, next);
  groups.push(retry.pid as number);
  const [exit] = (await once(retry, 'exit')) as [number];
  const log = await readFile(next.log, 'utf8');
  expect([exit, log.includes('"add":3,"change":0,"import":0,"remove":2,"operation":"apply"')]).toEqual([
    0,
    true,
  ]);
  await writeFile(next.exit, String(exit));
  const after = await recoverDirectory(next);
  expect(after).toMatchObject({ graceful: true, tainted: [], unrecorded: [] });
  expect([...inspectState(after.document as Uint8Array).addresses].sort()).toEqual(
    [...held, address('last')].sort(),
  );

  const last = startTerraform(lab, next, 'destroy');
  groups.push(last.pid as number);
  await once(last, 'exit');
  expect(inspectState(await readFile(next.state)).resources).toBe(0);
  await Promise.all([killed.remove(), next.remove()]);
  await expect.poll(alive).toEqual([]);
});
