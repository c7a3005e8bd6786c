/**
 * The witnesses of a chaos run, before a real fleet that somebody harms: each harm must be seen. What cannot be seen here could
 * not be seen after an attack.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configurationKey, stateKey } from '../../src/state/keys.js';
import { createMirror } from '../simcloud/mirror.js';
import { MINIMAL } from '../simcloud/stand.js';
import { type StartedCloud, startCloud } from '../simcloud/start.js';
import { Yard } from '../support/yard.js';
import { gather } from './evidence.js';
import { canSeeProcesses } from './processes.js';
import type { Asked } from './producer.js';
import { judge, numbersOf, type RuleName } from './verdict.js';

/** Whole lives of nodes, one of which has lost its machine: then the cloud is asked, and waited for. */
const PATIENCE_MS = 120_000;

let mirror: string;
let started: StartedCloud;
let yard: Yard;
const asked = new Map<string, Asked>();
let alive = '';
let ended = '';

beforeAll(async () => {
  mirror = mkdtempSync(join(tmpdir(), 'ny-mirror-'));
  await createMirror(mirror);
  started = await startCloud();
  yard = await Yard.open({
    ...started.env,
    NODEYARD_TERRAFORM_PROVIDER_MIRROR: mirror,
    NODEYARD_TERRAFORM_PASS_ENV: 'SIMCLOUD_*',
  });
  await yard.startWorker();
  alive = await created({
    securityGroup: {},
    elasticIp: true,
    dataVolumes: [{ device: '/dev/sdf', sizeGiB: 8 }],
  });
  ended = await created({ spot: {} });
  await destroyed(ended);
}, PATIENCE_MS);
afterAll(async () => {
  try {
    await destroyed(alive);
    await yard.close();
  } finally {
    await started.stop();
    rmSync(mirror, { recursive: true, force: true });
  }
}, PATIENCE_MS);

async function created(inputs: object): Promise<string> {
  const request = { group: 'edge', role: 'relay', stack: 'aws-node', inputs: { ...MINIMAL, ...inputs } };
  const { node } = await yard.app.client.requestNode(request);
  await yard.reaches(node.id, 'CREATED');
  asked.set(node.id, 'life');
  return node.id;
}

async function destroyed(id: string): Promise<void> {
  await yard.app.client.requestDestruction(id);
  asked.set(id, 'destruction');
  await yard.reaches(id, 'DESTROYED');
}

async function seen(home = yard.dataDir): Promise<Partial<Record<RuleName, number>>> {
  const evidence = await gather({
    app: yard.app,
    cloud: started.cloud,
    asked,
    dataDirs: [yard.dataDir],
    home,
  });
  return Object.fromEntries(Object.entries(numbersOf(judge(evidence))).filter(([, number]) => number > 0));
}

function call(name: string, input: object): unknown {
  const request = { call: name, region: MINIMAL.region, input: { ...input }, caller: { pid: 1 } };
  return started.cloud.serve(request).reply;
}

const run = (nodeId: string): string => {
  const Tags = [{ Key: 'nodeyard:node-id', Value: nodeId }];
  const reply = call('RunInstances', {
    ImageId: MINIMAL.ami,
    InstanceType: MINIMAL.instanceType,
    TagSpecifications: ['instance', 'volume'].map((ResourceType) => ({ ResourceType, Tags })),
  }) as { output: { Instances: { InstanceId: string }[] } };
  return reply.output.Instances[0]?.InstanceId ?? '';
};

/** Terminates it, and waits until the cloud has. */
async function end(instanceId: string): Promise<void> {
  call('TerminateInstances', { InstanceIds: [instanceId] });
  const exists = () => started.cloud.resources().some(({ id }) => id === instanceId);
  await expect.poll(exists, { timeout: 10_000 }).toBe(false);
}

test('a fleet that nobody has harmed is found well', async () => {
  await expect.poll(() => seen(), { timeout: 20_000 }).toEqual({});
});

test('an instance of a foreign owner is seen', async () => {
  const foreign = run('stranger');
  expect(await seen()).toEqual({ unownedInstances: 1 });
  await end(foreign);
});

test('a second instance of a node is seen', async () => {
  const second = run(alive);
  expect(await seen()).toEqual({ unownedInstances: 1, doubledNodes: 1 });
  await end(second);
});

test('a node that does not get where it was asked to be is seen', async () => {
  asked.set('never-heard-of', 'life');
  asked.set(ended, 'life');
  expect(await seen()).toEqual({ stuckNodes: 2 });
  asked.delete('never-heard-of');
  asked.set(ended, 'destruction');
});

test('a state that is lost is seen, and with it everything that it held', async () => {
  const { redis } = yard.app;
  const key = stateKey(alive);
  await redis.rename(key, 'aside');
  expect(await seen()).toEqual({ unownedInstances: 1, lostStates: 1, leftResources: 3 });
  await redis.rename('aside', key);
});

test('a state of a destroyed node is seen, and what else is left of it', async () => {
  const { redis } = yard.app;
  await redis.copy(stateKey(alive), stateKey(ended));
  await redis.set(configurationKey(ended), 'x');
  expect(await seen()).toEqual({ lostStates: 1, keys: 2 });
  await redis.del(stateKey(ended), configurationKey(ended));
});

test('a quarantined state that stays is seen', async () => {
  const { states } = yard.app;
  const stored = await states.load(alive);
  await states.save('forgotten', { epoch: 3, sequence: 1, document: stored?.document ?? new Uint8Array() });
  expect(await seen()).toEqual({ quarantines: 1 });
  await states.closeQuarantine('forgotten', 3);
});

test('a job that waits is seen', async () => {
  const job = await yard.plainQueue('destroy').add('destroy', { v: 1, nodeId: ended }, { delay: 600_000 });
  expect(await seen()).toEqual({ openJobs: 1 });
  await job.remove();
});

test('a run directory that stays is seen', async () => {
  const directory = join(yard.dataDir, 'runs', `${alive}.7.left`);
  mkdirSync(directory);
  expect(await seen()).toEqual({ runDirectories: 1 });
  rmSync(directory, { recursive: true });
});

test.runIf(canSeeProcesses)('a process of a run that stays is seen', async () => {
  const TF_DATA_DIR = join(yard.dataDir, 'bundles', 'x');
  const left = spawn('sleep', ['60'], { env: { PATH: process.env['PATH'], TF_DATA_DIR }, stdio: 'ignore' });
  await expect.poll(() => seen(), { timeout: 10_000 }).toEqual({ processes: 1 });
  left.kill('SIGKILL');
  await expect.poll(() => seen(), { timeout: 10_000 }).toEqual({});
});

test('a created node whose instance is gone is seen', async () => {
  const held = started.cloud
    .resources()
    .find(({ kind, tags }) => kind === 'instance' && tags['nodeyard:node-id'] === alive);
  await end(held?.id ?? '');
  expect(await seen()).toEqual({ missingInstances: 1 });
});
