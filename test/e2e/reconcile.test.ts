/** The reconciler with real workers, Terraform and processes: what nobody remembers is destroyed, and nothing else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { NodeRequest } from '../../src/node/request.js';
import { processesOf, Yard } from '../support/yard.js';

const SERVER = fileURLToPath(new URL('../../stacks/local-node/server.mjs', import.meta.url));
const QUICK = {
  NODEYARD_RECONCILE_INTERVAL: '200ms',
  NODEYARD_RECONCILE_INVENTORY_INTERVAL: '200ms',
  NODEYARD_RECONCILE_DESTROY_RETRY: '200ms',
  NODEYARD_RECONCILE_DESTROY_RETRY_MAX: '400ms',
};
const SHORT_LEASE = {
  NODEYARD_LEASE_TTL: '4s',
  NODEYARD_LEASE_RENEW: '500ms',
  NODEYARD_LEASE_STOP_MARGIN: '1s',
  NODEYARD_QUEUE_LOCK: '3s',
  NODEYARD_QUEUE_STALLED: '1s',
};

let yard: Yard;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await yard.close();
});

const scripted = (inputs: NodeRequest['inputs'] = {}): NodeRequest => ({
  group: 'g',
  role: 'edge',
  stack: 'scripted',
  inputs: { ledger: yard.ledgerFile, ...inputs },
});
const local = (): NodeRequest => ({ group: 'g', role: 'edge', stack: 'local-node', inputs: {} });
const stateOf = async (id: string) => (await yard.app.client.get(id)).state;
const reasonsOf = async (id: string) => (await yard.app.store.history(id)).map(({ reason }) => reason ?? '');

test('a destroy that has FAILED is tried again, and again, until it works', async () => {
  yard = await Yard.open({ ...QUICK, NODEYARD_RETRY_DESTROY_ATTEMPTS: '1' });
  await yard.startWorker();
  const { node } = await yard.app.client.requestNode(scripted({ destroy: ['fail:no', 'fail:no', 'ok'] }));
  await yard.reaches(node.id, 'CREATED');
  await yard.app.client.requestDestruction(node.id);
  await expect.poll(() => stateOf(node.id), { timeout: 40_000 }).toBe('DESTROYED');
  const reasons = (await reasonsOf(node.id)).filter((reason) =>
    reason.startsWith('its destruction has failed'),
  );
  expect(reasons.map((reason) => /failed (\S+( times)?) in/.exec(reason)?.[1])).toEqual(['once', '2 times']);
});

describe('a quarantined state', { timeout: 120_000 }, () => {
  test('of a node that lives is destroyed as far as the node does not own it, and the node lives on', async () => {
    yard = await Yard.open({ ...QUICK, ...SHORT_LEASE });
    const gate = join(yard.dataDir, 'gate');
    const frozen = await yard.spawnWorker({ NODEYARD_DATA_DIR: join(yard.dataDir, 'elsewhere') });
    const { node } = await yard.app.client.requestNode(scripted({ create: [`wait:${gate}`, 'ok'] }));
    const began = () => yard.ledger().filter(({ resource, mark }) => resource === 'r1' && mark === 'begin');
    await expect.poll(() => began().length, { timeout: 20_000 }).toBe(1);
    frozen.signal('SIGSTOP');
    await yard.startWorker();
    await yard.reaches(node.id, 'CREATED');
    writeFileSync(gate, '');
    frozen.signal('SIGCONT');
    await expect
      .poll(() => reasonsOf(node.id), { timeout: 40_000 })
      .toContainEqual(expect.stringMatching(/^destroyed what only the quarantined state of epoch 1 held: /));
    expect(await yard.app.states.quarantined(node.id)).toEqual([]);
    expect(await stateOf(node.id)).toBe('CREATED');
    expect((await yard.app.states.load(node.id))?.resources).toBe(4);
    await yard.app.client.requestDestruction(node.id);
    await yard.reaches(node.id, 'DESTROYED');
  });

  test('of a node that nobody knows any more is destroyed by the configuration that made it', async () => {
    yard = await Yard.open({ ...QUICK, ...SHORT_LEASE });
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(local());
    await yard.reaches(node.id, 'CREATED');
    const running = () => processesOf(join(yard.dataDir, 'nodes', node.id));
    const { states, quarantine } = yard.app;
    const stored = await states.load(node.id);
    const configuration = await states.loadConfiguration(node.id);
    if (stored === undefined || configuration === undefined) throw new Error('nothing stored');
    const place = { nodeId: 'forgotten', epoch: 3 };
    expect(await states.save('forgotten', { epoch: 3, sequence: 1, document: stored.document })).toBe(
      'quarantined',
    );
    await quarantine.keepConfiguration(place, configuration);
    expect(running()).toHaveLength(1);
    await expect.poll(() => states.quarantined('forgotten'), { timeout: 30_000 }).toEqual([]);
    expect(running()).toEqual([]);
    expect(await quarantine.unattended(10, 0)).toEqual([]);
    await yard.app.client.requestDestruction(node.id);
    await yard.reaches(node.id, 'DESTROYED');
  });

  test('that a worker was killed over is given back and finished by another, its node’s own resources untouched', async () => {
    yard = await Yard.open({ ...QUICK, ...SHORT_LEASE });
    const gate = join(yard.dataDir, 'gate');
    const worker = await yard.spawnWorker();
    const { node } = await yard.app.client.requestNode(scripted({ destroy: [`wait:${gate}`, 'ok'] }));
    await yard.reaches(node.id, 'CREATED');
    const { states, quarantine } = yard.app;
    const stored = await states.load(node.id);
    const configuration = await states.loadConfiguration(node.id);
    if (stored === undefined || configuration === undefined) throw new Error('nothing stored');
    await states.save('forgotten', { epoch: 3, sequence: 1, document: stored.document });
    await quarantine.keepConfiguration({ nodeId: 'forgotten', epoch: 3 }, configuration);
    const destroys = () => yard.ledger().filter(({ what }) => what === 'destroy');
    await expect.poll(() => destroys().length, { timeout: 30_000 }).toBe(1);
    worker.signal('SIGKILL');
    await worker.exited();
    writeFileSync(gate, '');
    await yard.startWorker();
    await expect.poll(() => states.quarantined('forgotten'), { timeout: 40_000 }).toEqual([]);
    const ended = destroys().filter(({ mark }) => mark === 'end');
    expect(ended.map(({ resource }) => resource)).toEqual(expect.arrayContaining(['r0', 'r1']));
    await yard.app.client.requestDestruction(node.id);
    await yard.reaches(node.id, 'DESTROYED');
  });
});

test('a local process without a node is ended where that is configured; another data directory’s is not', async () => {
  yard = await Yard.open({ ...QUICK, NODEYARD_RECONCILE_ORPHANS: 'destroy-all' });
  // Nobody knows since when it is there.
  const ghost = await startServer(join(yard.dataDir, 'nodes', 'ghost'));
  const stranger = await startServer(join(yard.dataDir, 'elsewhere', 'nodes', 'ghost'));
  const exited = once(ghost, 'exit');
  await yard.startWorker();
  const { node } = await yard.app.client.requestNode(local());
  await yard.reaches(node.id, 'CREATED');
  await exited;
  expect(stranger.exitCode).toBeNull();
  expect(processesOf(join(yard.dataDir, 'nodes', node.id))).toHaveLength(1);
  await yard.app.client.requestDestruction(node.id);
  await yard.reaches(node.id, 'DESTROYED');
});

test('a local node whose process has gone is FAILED by its health', async () => {
  yard = await Yard.open({ ...QUICK, NODEYARD_RECONCILE_VANISHED_AFTER: '2' });
  await yard.startWorker();
  const { node } = await yard.app.client.requestNode(local());
  const { outputs } = await yard.reaches(node.id, 'CREATED');
  await expect.poll(() => yard.app.redis.keys('*sightings*'), { timeout: 10_000 }).toHaveLength(1);
  process.kill(Number(outputs?.['pid']), 'SIGKILL');
  await expect.poll(() => stateOf(node.id), { timeout: 20_000 }).toBe('FAILED');
  expect((await yard.app.client.get(node.id)).failure).toMatchObject({
    operation: 'health',
    code: 'VANISHED',
  });
  await yard.app.client.requestDestruction(node.id);
  await yard.reaches(node.id, 'DESTROYED');
});

/** The process of a local node as its starter starts it, without a Terraform that would know of it. */
async function startServer(directory: string): Promise<ChildProcess> {
  mkdirSync(directory, { recursive: true });
  const token = randomUUID();
  const child = spawn(
    process.execPath,
    [SERVER, `--nodeyard-token=${token}`, `--nodeyard-directory=${directory}`],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {
        NODEYARD_LOCAL_TOKEN: token,
        NODEYARD_LOCAL_DIR: directory,
        NODEYARD_LOCAL_START: randomUUID(),
        NODEYARD_LOCAL_NODE_ID: 'ghost',
        NODEYARD_LOCAL_PORT: '0',
        NODEYARD_LOCAL_BOOT_DELAY_MS: '0',
        NODEYARD_LOCAL_MESSAGE: '',
      },
    },
  );
  children.push(child);
  await once(child, 'message');
  return child;
}
