/** Whole operations: real Redis, real BullMQ, real Terraform, real processes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NodeRequest } from '../../src/node/request.js';
import { processesOf, Yard } from '../support/yard.js';

let yard: Yard;
beforeEach(async () => {
  yard = await Yard.open();
});
afterEach(async () => {
  await yard.close();
});

const scripted = (inputs: NodeRequest['inputs'] = {}): NodeRequest => ({
  group: 'g',
  role: 'edge',
  stack: 'scripted',
  inputs: { ledger: yard.ledgerFile, ...inputs },
});
const local = (inputs: NodeRequest['inputs'] = {}): NodeRequest => ({
  group: 'g',
  role: 'edge',
  stack: 'local-node',
  inputs,
});

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function destroyed(...nodeIds: string[]): Promise<void> {
  for (const nodeId of nodeIds) await yard.app.client.requestDestruction(nodeId);
  for (const nodeId of nodeIds) await yard.reaches(nodeId, 'DESTROYED');
}

describe('a node', () => {
  test('is created, answers on its health endpoint, and is destroyed to the last trace', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(local({ message: 'hello' }));
    const created = await yard.reaches(node.id, 'CREATED');
    const { address, pid } = created.outputs as { address: string; port: number; pid: number };
    const health = (await (await fetch(`${address}/healthz`)).json()) as Record<string, unknown>;
    expect(health).toMatchObject({ nodeId: node.id, pid });
    expect((await yard.app.states.load(node.id))?.resources).toBe(3);

    await destroyed(node.id);
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
    const history = await yard.app.store.history(node.id);
    expect(history.filter(({ type }) => type === 'transition').map(({ to }) => to)).toEqual([
      'REQUESTED',
      'CREATING',
      'CREATED',
      'DESTRUCTION_REQUESTED',
      'DESTROYING',
      'DESTROYED',
    ]);
    expect(processesOf(yard.dataDir)).toEqual([]);
  });

  test('that was never created is destroyed without a Terraform run', async () => {
    const { node } = await yard.app.client.requestNode(scripted());
    await yard.app.client.requestDestruction(node.id);
    await yard.startWorker();
    await yard.reaches(node.id, 'DESTROYED');
    expect(yard.ledger()).toEqual([]);
  });

  test('whose destruction is asked for while it is created is stopped gracefully and destroyed', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(scripted({ create: ['sleep:60000'] }));
    await yard.reaches(node.id, 'CREATING');
    await expect
      .poll(() => yard.ledger().filter(({ resource }) => resource === 'r1').length, { timeout: 20_000 })
      .toBe(1);
    await destroyed(node.id);
    // r0 was whole, r1 was in flight, r2 never began: what was made was also destroyed.
    const destroys = yard.ledger().filter(({ what, mark }) => what === 'destroy' && mark === 'end');
    expect(destroys.map(({ resource }) => resource).sort()).toEqual(['r0', 'r1']);
  });
});

describe('a failed create', () => {
  test('is tried again, and goes on from where it was', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(
      scripted({ create: ['fail:connection reset by peer', 'fail:connection reset by peer', 'ok'] }),
    );
    await yard.reaches(node.id, 'CREATED');
    const creates = yard.ledger().filter(({ what, mark }) => what === 'create' && mark === 'begin');
    expect(creates.filter(({ resource }) => resource === 'r0')).toHaveLength(1);
    expect(creates.filter(({ resource }) => resource === 'r1')).toHaveLength(3);
    await destroyed(node.id);
  });

  test('cleans up what it had made and says why', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(scripted({ create: ['fail:no luck'] }));
    const failed = await yard.app.client.waitFor(node.id, ['CREATED']);
    expect(failed).toMatchObject({
      state: 'FAILED',
      failure: { operation: 'create', attempts: 4, retryable: true },
    });
    expect((await yard.app.states.load(node.id))?.resources ?? 0).toBe(0);
    await destroyed(node.id);
  });

  test('keeps what it had made where the request says so', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode({
      ...scripted({ create: ['fail:no'] }),
      onFailure: 'keep',
    });
    expect(await yard.app.client.waitFor(node.id, ['CREATED'])).toMatchObject({ state: 'FAILED' });
    expect((await yard.app.states.load(node.id))?.resources).toBeGreaterThan(0);
    await destroyed(node.id);
  });

  test('can be retried by hand', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(
      scripted({ create: ['fail:a', 'fail:b', 'fail:c', 'fail:d', 'ok'] }),
    );
    expect(await yard.app.client.waitFor(node.id, ['CREATED'])).toMatchObject({ state: 'FAILED' });
    await yard.app.client.retry(node.id);
    await yard.reaches(node.id, 'CREATED');
    await destroyed(node.id);
  });

  test('with inputs that the stack does not take fails at once, the field named', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(local({ port: 'eighty', command: 'reboot' }));
    const failed = await yard.app.client.waitFor(node.id, ['CREATED']);
    expect(failed).toMatchObject({
      state: 'FAILED',
      failure: { code: 'INVALID_INPUT', attempts: 1, retryable: false },
    });
    expect(failed.failure?.message).toMatch(/inputs\.port.*inputs\.command/s);
    await destroyed(node.id);
  });

  test('of an unknown stack names those that are known', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode({ ...local(), stack: 'gcp-node' });
    const failed = await yard.app.client.waitFor(node.id, ['CREATED']);
    expect(failed.failure).toMatchObject({ code: 'UNKNOWN_STACK' });
    expect(failed.failure?.message).toContain('local-node');
    await destroyed(node.id);
  });
});

describe('a failed destroy', () => {
  test('is tried again until it is done', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(
      scripted({ destroy: ['fail:busy', 'fail:busy', 'ok'] }),
    );
    await yard.reaches(node.id, 'CREATED');
    await destroyed(node.id);
  });

  test('ends as FAILED with its state kept, says that it was the destroy, and can be retried at any time', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(
      scripted({ destroy: [...Array(6).fill('fail:still attached'), 'ok'] }),
    );
    await yard.reaches(node.id, 'CREATED');
    await yard.app.client.requestDestruction(node.id);
    const failed = await yard.app.client.waitFor(node.id, ['DESTROYED']);
    expect(failed).toMatchObject({ state: 'FAILED', failure: { operation: 'destroy', attempts: 6 } });
    expect((await yard.app.states.load(node.id))?.resources).toBeGreaterThan(0);
    await yard.app.client.retry(node.id);
    await yard.reaches(node.id, 'DESTROYED');
  });
});

describe('a Terraform that is killed', () => {
  test('leaves nothing behind: what was in flight is replaced by the next attempt', async () => {
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(scripted({ create: ['kill-terraform', 'ok'] }));
    await yard.reaches(node.id, 'CREATED');
    const creates = yard.ledger().filter(({ what, mark }) => what === 'create' && mark === 'begin');
    expect(creates.filter(({ resource }) => resource === 'r0')).toHaveLength(1);
    expect(creates.filter(({ resource }) => resource === 'r1')).toHaveLength(2);
    await destroyed(node.id);
  });
});

describe('a shutdown', () => {
  test('stops Terraform gracefully and gives the job back without costing an attempt', async () => {
    const gate = join(yard.dataDir, 'gate');
    await yard.startWorker();
    const { node } = await yard.app.client.requestNode(scripted({ create: ['sleep:60000', `wait:${gate}`] }));
    await expect
      .poll(() => yard.ledger().filter(({ resource }) => resource === 'r1').length, { timeout: 20_000 })
      .toBe(1);
    await yard.stopWorker();
    const waiting = await yard.app.client.get(node.id);
    expect(waiting).toMatchObject({ state: 'CREATING', attempts: 0 });
    expect(waiting.lease).toBeUndefined();
    writeFileSync(gate, '');
    await yard.startWorker();
    await yard.reaches(node.id, 'CREATED');
    await destroyed(node.id);
  });
});
