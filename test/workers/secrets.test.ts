/**
 * What the environment holds must not come out anywhere, however carelessly Terraform, a provider or a provisioner prints
 * it: not in a kept log, not in the worker’s own log, and nowhere in Redis.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NodeRequest } from '../../src/node/request.js';
import { everythingIn, filesIn } from '../support/contents.js';
import { diagnostic, HostileTerraform, type Scenario } from '../support/hostile-terraform.js';
import { type WorkerProcess, Yard } from '../support/yard.js';

/** With characters that JSON, HTML-minded JSON and URLs write in other ways; the words between them are looked for. */
const SECRETS = {
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEBYa"<&>\\IQoJb3JpZ2luX2Vj',
  DATABASE_URL: 'postgres://yard:Correct%2FHorseBattery@db.example.test/yard',
  NODEYARD_STATE_KEY: 'c0ffee0123456789abcdef0123456789abcdef0123456789abcdef0123456789',
};
const WORDS = [
  ...['wJalrXUtnFEMI', 'K7MDENG', 'bPxRfiCYEXAMPLEKEY', 'FwoGZXIvYXdzEBYa', 'IQoJb3JpZ2luX2Vj'],
  ...['HorseBattery', 'c0ffee0123456789'],
];
const TOLD = Object.keys(SECRETS);

const hostile = new HostileTerraform();
let yard: Yard;
let worker: WorkerProcess;
beforeAll(async () => {
  yard = await Yard.open({
    ...SECRETS,
    NODEYARD_TERRAFORM_BINARY: hostile.binary,
    NODEYARD_TERRAFORM_PASS_ENV: 'DATABASE_URL',
    NODEYARD_RETRY_CREATE_ATTEMPTS: '2',
    NODEYARD_RETRY_DESTROY_ATTEMPTS: '2',
  });
  worker = await yard.spawnWorker({ NODEYARD_LOG_LEVEL: 'trace' });
});
afterAll(async () => {
  await yard.close();
  hostile.close();
});

async function create(inputs: NodeRequest['inputs'] = {}): Promise<string> {
  const request = {
    group: 'g',
    role: 'r',
    stack: 'scripted',
    inputs: { ledger: yard.ledgerFile, ...inputs },
  };
  const { node } = await yard.app.client.requestNode(request);
  await yard.app.client.waitFor(node.id, ['CREATED']);
  return node.id;
}

const found = (text: string): string[] => WORDS.filter((word) => text.includes(word));

test('no secret of the environment comes out, whoever prints it', async () => {
  const careless: Scenario = {
    steps: [diagnostic(`wrong key ${SECRETS.AWS_SECRET_ACCESS_KEY}`), { echo: TOLD }, { exit: 1 }],
  };
  hostile.on('apply', careless);
  const byTerraform = await create();
  hostile.on('apply');
  const byProvisioner = await create({ create: ['fail-with:AWS_SESSION_TOKEN'] });
  const whole = await create({
    create: ['tell:AWS_SESSION_TOKEN'],
    destroy: ['tell:DATABASE_URL', 'fail-with:DATABASE_URL'],
  });
  hostile.on('destroy', careless, 'real');
  for (const id of [whole, byProvisioner, byTerraform]) {
    await yard.app.client.requestDestruction(id);
    await yard.reaches(id, 'DESTROYED');
  }
  const failures = (await yard.app.store.history(byTerraform)).map(({ failure }) => failure?.message ?? '');
  expect(failures.join()).toContain('wrong key [redacted]');
  worker.signal('SIGTERM');
  await worker.exited();

  const logs = filesIn(join(yard.dataDir, 'logs'));
  expect(logs).toContain('AWS_SECRET_ACCESS_KEY is [redacted]');
  expect(logs).toContain('AWS_SESSION_TOKEN is [redacted]');
  expect(logs).toContain('DATABASE_URL is postgres://yard:[redacted]@db.example.test/yard');
  // Not even Terraform gets what is the worker’s alone.
  expect(logs).toContain('NODEYARD_STATE_KEY is undefined');
  expect(worker.log.join('\n')).toContain('[redacted]');
  const redis = await everythingIn(yard.app.redis);
  expect(redis).toContain('[redacted]');

  expect(found(filesIn(yard.dataDir))).toEqual([]);
  expect(found(worker.log.join('\n'))).toEqual([]);
  expect(found(redis)).toEqual([]);
});
