/** A Terraform that hangs, crashes, floods and lies, under a whole worker: each ends in a clear FAILED or a retry. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { NodeRequest } from '../../src/node/request.js';
import { stateText } from '../state/support/documents.js';
import {
  applyComplete,
  applyStart,
  diagnostic,
  HostileTerraform,
  isRunning,
  type Scenario,
} from '../support/hostile-terraform.js';
import { Yard } from '../support/yard.js';

const hostile = new HostileTerraform();
afterAll(() => hostile.close());

let yard: Yard;
async function openYard(settings: Readonly<Record<string, string>>): Promise<void> {
  yard = await Yard.open({
    NODEYARD_TERRAFORM_BINARY: hostile.binary,
    NODEYARD_RETRY_CREATE_ATTEMPTS: '2',
    NODEYARD_RETRY_DESTROY_ATTEMPTS: '2',
    ...settings,
  });
  await yard.startWorker();
}
const closeYard = (): Promise<void> => yard.close();
afterEach(() => {
  expect(hostile.calls().filter(({ pid }) => isRunning(pid))).toEqual([]);
  hostile.reset();
});

const scripted = (): NodeRequest => ({
  group: 'g',
  role: 'edge',
  stack: 'scripted',
  inputs: { ledger: yard.ledgerFile },
});

/** Asks for a node whose applies play the scenarios, and answers its end. */
async function create(...scenarios: (Scenario | 'real')[]) {
  hostile.on('apply', ...scenarios);
  const { node } = await yard.app.client.requestNode(scripted());
  return yard.app.client.waitFor(node.id, ['CREATED'], { timeoutMs: 30_000 });
}

/** Makes a node by the real Terraform and destroys it by the scenarios. */
async function destroy(...scenarios: (Scenario | 'real')[]) {
  const { id } = await create('real');
  hostile.on('destroy', ...scenarios);
  await yard.app.client.requestDestruction(id);
  return yard.app.client.waitFor(id, ['DESTROYED'], { timeoutMs: 30_000 });
}

async function destroyForReal(id: string): Promise<void> {
  hostile.on('destroy');
  await yard.app.client.requestDestruction(id);
  await yard.reaches(id, 'DESTROYED');
}

describe('a Terraform that hangs and ignores its TERM', () => {
  beforeAll(() => openYard({ NODEYARD_TERRAFORM_TIMEOUT: '2s', NODEYARD_TERRAFORM_GRACE: '300ms' }));
  afterAll(closeYard);

  test('is killed with all that it has started, and the node is FAILED after its attempts', async () => {
    const child = hostile.file('child');
    const spawn = ['sh', '-c', `echo $$ >>'${child}'; exec sleep 600`];
    const failed = await create({ onTerm: 'ignore', steps: [applyStart('a.b'), { spawn }, { hang: true }] });
    expect(failed).toMatchObject({
      state: 'FAILED',
      failure: { operation: 'create', code: 'TIMED_OUT', attempts: 2, retryable: true },
    });
    expect(failed.failure?.message).toContain('took too long');
    expect(hostile.calls('apply')).toHaveLength(2);
    const children = readFileSync(child, 'utf8').trim().split('\n').map(Number);
    expect(children).toHaveLength(2);
    expect(children.filter(isRunning)).toEqual([]);
    await destroyForReal(failed.id);
  });
});

describe('under a worker, a Terraform that', () => {
  beforeAll(() => openYard({ NODEYARD_TERRAFORM_MAX_LOG_BYTES: '8MiB', NODEYARD_TERRAFORM_GRACE: '300ms' }));
  afterAll(closeYard);

  test('crashes with a signal is run again', async () => {
    const created = await create({ steps: [{ raise: 'SIGSEGV' }] }, 'real');
    expect(created).toMatchObject({ state: 'CREATED' });
    await destroyForReal(created.id);
  });

  test('crashes again and again leaves a node that says so', async () => {
    const failed = await create({ steps: [{ stderr: 'panic: oh' }, { raise: 'SIGABRT' }] });
    expect(failed.failure).toMatchObject({ operation: 'create', code: 'CRASHED', attempts: 2 });
    expect(failed.failure?.message).toContain('SIGABRT');
    await destroyForReal(failed.id);
  });

  test('prints megabytes in one line, and no JSON, is only judged by how it ends', async () => {
    const created = await create({
      steps: [{ text: 'not JSON' }, { longLine: 5 * 1024 * 1024 }, { state: stateText() }, { exit: 0 }],
    });
    expect(created).toMatchObject({ state: 'CREATED' });
    await destroyForReal(created.id);
  });

  test('prints hundreds of megabytes is stopped for it, once and for good', async () => {
    const before = process.memoryUsage.rss();
    const failed = await create({ steps: [{ longLine: 300 * 1024 * 1024 }, { hang: true }] });
    expect(failed.failure).toMatchObject({ code: 'LOG_LIMIT', attempts: 1, retryable: false });
    expect(hostile.calls('apply')).toHaveLength(1);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024);
    await destroyForReal(failed.id);
  });

  test('exits 1 without a word is tried again, and then says what little is known', async () => {
    const failed = await create({ steps: [{ exit: 1 }] });
    expect(failed.failure).toMatchObject({ code: 'CRASHED', attempts: 2, diagnostics: [] });
    expect(failed.failure?.message).toBe('Terraform ended with exit code 1. It printed nothing.');
    await destroyForReal(failed.id);
  });

  test('exits 0 and leaves no state has created nothing that could be destroyed again', async () => {
    const failed = await create({ steps: [applyStart('a.b'), applyComplete('a.b'), { exit: 0 }] });
    expect(failed).toMatchObject({ state: 'FAILED', failure: { code: 'STATE_MISSING', attempts: 2 } });
    await destroyForReal(failed.id);
  });

  test('exits 0 on a destroy while the state still holds resources has destroyed nothing', async () => {
    const failed = await destroy({ steps: [{ exit: 0 }] });
    expect(failed).toMatchObject({
      state: 'FAILED',
      failure: { operation: 'destroy', code: 'NOT_EMPTY', attempts: 2, retryable: true },
    });
    expect(failed.failure?.message).toContain('terraform_data');
    expect((await yard.app.states.load(failed.id))?.resources).toBe(4);
    await destroyForReal(failed.id);
  });
});

const api = (code: string, status: number): string =>
  `creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: ${status}, RequestID: 1, api error ${code}: said the cloud`;

describe('a cloud that says', () => {
  beforeAll(() => openYard({}));
  afterAll(closeYard);

  test.each([
    ['that it is called too often', api('RequestLimitExceeded', 503), 'THROTTLED', 2, true],
    ['that it has no such machine now', api('InsufficientInstanceCapacity', 500), 'CAPACITY', 2, true],
    ['that this is not allowed', api('UnauthorizedOperation', 403), 'DENIED', 1, false],
    ['that the credentials have expired', api('ExpiredToken', 403), 'CREDENTIALS', 2, true],
    ['that the quota is used up', api('VcpuLimitExceeded', 400), 'QUOTA', 1, false],
  ])('%s', async (_, summary, code, attempts, retryable) => {
    const address = 'aws_instance.node';
    const failed = await create({
      steps: [applyStart(address), diagnostic(summary, { address }), { exit: 1 }],
    });
    expect(failed).toMatchObject({
      state: 'FAILED',
      failure: { operation: 'create', code, attempts, retryable, diagnostics: [{ summary, address }] },
    });
    expect(failed.failure?.message).toContain(summary);
    expect(hostile.calls('apply')).toHaveLength(attempts);
    await destroyForReal(failed.id);
  });

  test('no to a destroy leaves the node FAILED by its destroy, its state kept', async () => {
    const steps = [applyStart('a.b', 'delete'), diagnostic(api('UnauthorizedOperation', 403)), { exit: 1 }];
    const failed = await destroy({ steps });
    expect(failed).toMatchObject({
      state: 'FAILED',
      failure: { operation: 'destroy', code: 'DENIED', attempts: 1, retryable: false },
    });
    expect((await yard.app.states.load(failed.id))?.resources).toBe(4);
    await destroyForReal(failed.id);
  });
});
