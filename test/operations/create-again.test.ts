/** A create that finds something in the state of its node: it goes on from there, and takes nothing away unasked. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { nodeKey } from '../../src/node/keys.js';
import type { NodeRequest } from '../../src/node/request.js';
import { HostileTerraform } from '../support/hostile-terraform.js';
import { Yard } from '../support/yard.js';

const hostile = new HostileTerraform();
let yard: Yard;
beforeAll(async () => {
  yard = await Yard.open({ NODEYARD_TERRAFORM_BINARY: hostile.binary, NODEYARD_RETRY_CREATE_ATTEMPTS: '2' });
  await yard.startWorker();
});
afterAll(async () => {
  await yard.close();
  hostile.close();
});
afterEach(() => hostile.reset());

async function request(
  steps: NodeRequest['inputs'],
  onFailure: 'keep' | 'cleanup' = 'cleanup',
): Promise<string> {
  const inputs = { ledger: yard.ledgerFile, ...steps };
  const node = { group: 'g', role: 'edge', stack: 'scripted', inputs, onFailure };
  return (await yard.app.client.requestNode(node)).node.id;
}
async function destroyed(id: string): Promise<void> {
  await yard.app.client.requestDestruction(id);
  await yard.reaches(id, 'DESTROYED');
}
const commands = (): (string | undefined)[] => hostile.calls().map(({ args }) => args.split(' ')[0]);

test('the first create is one process: it applies without a plan', async () => {
  const id = await request({});
  await yard.reaches(id, 'CREATED');
  expect(commands()).toEqual(['apply']);
  await destroyed(id);
});

test('a create that is tried again with something in its state plans first, and applies that very plan', async () => {
  const id = await request({ create: ['fail:no luck', 'ok'] });
  await yard.reaches(id, 'CREATED');
  expect(commands()).toEqual(['apply', 'plan', 'apply']);
  const [, plan, apply] = hostile.calls();
  const file = /-out=(\S+)/.exec(plan?.args ?? '')?.[1];
  expect(file).toBeDefined();
  expect(apply?.args.split(' ').at(-1)).toBe(file);
  await destroyed(id);
});

test('a plan that would replace what is whole changes nothing: the node is FAILED, its resources stay', async () => {
  const id = await request({ create: ['fail:no luck'] }, 'keep');
  await yard.app.client.waitFor(id, ['CREATED']);
  const before = await yard.app.states.load(id);
  // The request cannot change, but what its stack makes of it can: here it makes something else altogether.
  await yard.app.redis.hset(nodeKey(id), { stack: 'local-node', inputs: '{}', onFailure: 'cleanup' });
  hostile.reset();
  await yard.app.client.retry(id);
  const failed = await yard.app.client.waitFor(id, ['CREATED']);
  expect(failed).toMatchObject({
    state: 'FAILED',
    failure: { operation: 'create', code: 'WOULD_DESTROY', attempts: 1, retryable: false },
  });
  expect(failed.failure?.message).toContain('r0');
  expect(commands()).toEqual(['plan']);
  expect((await yard.app.states.load(id))?.document).toEqual(before?.document);
  await destroyed(id);
});

test('a clean-up that a shutdown interrupts goes on afterwards, and no attempt is added', async () => {
  const gate = join(yard.dataDir, 'gate');
  const id = await request({
    create: ['fail:no luck', 'fail:no luck', 'ok'],
    destroy: [`wait:${gate}`, 'ok'],
  });
  const began = (what: string) =>
    yard.ledger().filter((entry) => entry.node === id && entry.what === what && entry.mark === 'begin');
  await expect.poll(() => began('destroy').length, { timeout: 20_000 }).toBe(1);
  await yard.stopWorker();
  expect(await yard.app.client.get(id)).toMatchObject({ state: 'CREATING', attempts: 2 });
  await yard.startWorker();
  const failed = await yard.app.client.waitFor(id, ['CREATED']);
  expect(failed).toMatchObject({
    state: 'FAILED',
    failure: { operation: 'create', attempts: 2, retryable: true },
  });
  expect(began('create').filter(({ resource }) => resource === 'r1')).toHaveLength(2);
  expect((await yard.app.states.load(id))?.resources).toBe(0);
  await destroyed(id);
});
