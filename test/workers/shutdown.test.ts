/** Shutdowns at bad moments: none waits for ever, none loses anything. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { NodeRequest } from '../../src/node/request.js';
import { applyStart, HostileTerraform, isRunning } from '../support/hostile-terraform.js';
import { Yard } from '../support/yard.js';

const EMBEDDING = fileURLToPath(new URL('../support/embedding.ts', import.meta.url));

const hostile = new HostileTerraform();
let yard: Yard;
beforeAll(async () => {
  yard = await Yard.open({
    NODEYARD_TERRAFORM_BINARY: hostile.binary,
    NODEYARD_TERRAFORM_GRACE: '2s',
    NODEYARD_WORKER_CREATES: '1',
  });
});
afterAll(async () => {
  await yard.close();
  hostile.close();
});
afterEach(async () => {
  await yard.stopWorker();
  hostile.reset();
});

async function request(create: readonly string[] = []): Promise<string> {
  const inputs: NodeRequest['inputs'] = {
    ledger: yard.ledgerFile,
    ...(create.length > 0 && { create: [...create] }),
  };
  return (await yard.app.client.requestNode({ group: 'g', role: 'edge', stack: 'scripted', inputs })).node.id;
}
const begun = (id: string) =>
  yard
    .ledger()
    .filter((e) => e.node === id && e.resource === 'r1' && e.what === 'create' && e.mark === 'begin');
const working = (id: string) => expect.poll(() => begun(id).length, { timeout: 20_000 }).toBe(1);
const directoriesOf = (id: string): string[] =>
  readdirSync(join(yard.dataDir, 'runs')).filter((name) => name.startsWith(`${id}.`));
async function destroyed(...ids: string[]): Promise<void> {
  for (const id of ids) await yard.app.client.requestDestruction(id);
  for (const id of ids) await yard.reaches(id, 'DESTROYED');
}

test('a shutdown while jobs wait begins none of them, and leaves them all to the next worker', async () => {
  await yard.startWorker();
  const first = await request(['sleep:60000', 'ok']);
  await working(first);
  const waiting = [await request(), await request()];
  await yard.stopWorker();
  for (const id of waiting)
    expect(await yard.app.client.get(id)).toMatchObject({ state: 'REQUESTED', epoch: 0 });
  const counts = await yard.app.queues.queue('create').getJobCounts('waiting', 'active', 'delayed');
  expect(counts).toEqual({ waiting: 3, active: 0, delayed: 0 });
  await yard.startWorker();
  for (const id of [first, ...waiting]) await yard.reaches(id, 'CREATED');
  await destroyed(first, ...waiting);
});

test('a shutdown waits for a Terraform that ignores its TERM no longer than its patience; the next worker takes over', async () => {
  const started = hostile.file('started');
  const spawn = ['touch', started];
  hostile.on('apply', { onTerm: 'ignore', steps: [applyStart('a.b'), { spawn }, { hang: true }] }, 'real');
  const worker = await yard.startWorker();
  const id = await request();
  await expect.poll(() => existsSync(started), { timeout: 20_000 }).toBe(true);
  await worker.stop(100);
  const [call] = hostile.calls('apply');
  expect(isRunning(call?.pid ?? 0)).toBe(true);
  expect(directoriesOf(id)).toHaveLength(1);

  await yard.startWorker();
  expect(await yard.reaches(id, 'CREATED')).toMatchObject({ attempts: 0 });
  expect(isRunning(call?.pid ?? 0)).toBe(false);
  expect(hostile.calls('apply')).toHaveLength(2);
  await destroyed(id);
});

test('a shutdown without Redis ends within its patience, keeps the state of its run, and lets its process end', async () => {
  const gate = join(yard.dataDir, 'gate');
  const child = spawn(process.execPath, ['--import', 'tsx', EMBEDDING, '1500'], {
    env: { ...yard.env, NODEYARD_LOG_LEVEL: 'silent' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  await expect.poll(() => said, { timeout: 20_000 }).toEqual(['ready']);
  const id = await request([`wait:${gate}`]);
  await working(id);
  await yard.redis.kill();
  const exited = once(child, 'exit');
  child.stdin.write('stop\n');
  expect(await exited).toEqual([0, null]);
  expect(said).toEqual(['ready', 'stopped']);
  expect(directoriesOf(id)).toHaveLength(1);

  await yard.redis.restart();
  writeFileSync(gate, '');
  await yard.startWorker();
  expect(await yard.reaches(id, 'CREATED')).toMatchObject({ attempts: 0 });
  await destroyed(id);
});
