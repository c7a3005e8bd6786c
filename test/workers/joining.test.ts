/** Deliveries that meet in one process: a job whose lock was lost, a destroy for a node that is being created here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operation } from '../../src/node/lifecycle.js';
import type { NodeRequest } from '../../src/node/request.js';
import { Yard } from '../support/yard.js';

let yard: Yard;
let queues: Readonly<Record<Operation, Queue>>;
beforeAll(async () => {
  yard = await Yard.open({ NODEYARD_QUEUE_LOCK: '2s', NODEYARD_QUEUE_STALLED: '300ms' });
  queues = { create: yard.plainQueue('create'), destroy: yard.plainQueue('destroy') };
  await yard.startWorker();
});
afterAll(() => yard.close());

const gateOf = (name: string): string => join(yard.dataDir, `gate-${name}`);
const node = (id: string, inputs: NodeRequest['inputs']): NodeRequest => ({
  id,
  group: 'g',
  role: 'edge',
  stack: 'scripted',
  inputs: { ledger: yard.ledgerFile, ...inputs },
});
const begun = (id: string, what: 'create' | 'destroy') =>
  yard.ledger().filter((e) => e.node === id && e.what === what && e.mark === 'begin' && e.resource === 'r1')
    .length;
const jobNow = async (operation: Operation, { id = '' }: Job): Promise<Job> => {
  const job = await queues[operation].getJob(id);
  if (job === undefined) throw new Error(`no job ${id}`);
  return job;
};
const isSettled = async (operation: Operation, job: Job): Promise<boolean> =>
  (await jobNow(operation, job)).getState().then((state) => state === 'completed');
const openJobs = async (): Promise<number> =>
  (await queues.create.getJobCountByTypes('active', 'waiting', 'delayed')) +
  (await queues.destroy.getJobCountByTypes('active', 'waiting', 'delayed'));

/** Lets BullMQ believe that the worker of the job has died, and waits until it has delivered the job again. */
async function loseLock(operation: Operation, job: Job): Promise<void> {
  const before = (await jobNow(operation, job)).attemptsStarted;
  await yard.app.redis.del(`${queues[operation].toKey(job.id ?? '')}:lock`);
  await expect
    .poll(async () => (await jobNow(operation, job)).attemptsStarted, { timeout: 10_000 })
    .toBeGreaterThan(before);
}

test.each(['create', 'destroy'] as const)(
  'a %s job that is delivered again while its first delivery still runs joins it: Terraform runs once',
  async (operation) => {
    const id = `again-${operation}`;
    const gate = gateOf(id);
    const steps = [`wait:${gate}`];
    const create = await queues.create.add('create', { v: 1, node: node(id, { [operation]: steps }) });
    if (operation === 'destroy')
      await expect.poll(() => isSettled('create', create), { timeout: 20_000 }).toBe(true);
    const job = operation === 'create' ? create : await queues.destroy.add('destroy', { v: 1, nodeId: id });
    await expect.poll(() => begun(id, operation), { timeout: 20_000 }).toBe(1);

    await loseLock(operation, job);
    await loseLock(operation, job);
    writeFileSync(gate, '');

    await yard.reaches(id, operation === 'create' ? 'CREATED' : 'DESTROYED');
    await expect.poll(() => isSettled(operation, job), { timeout: 10_000 }).toBe(true);
    expect((await jobNow(operation, job)).returnvalue).toMatchObject({ nodeId: id });
    expect(await openJobs()).toBe(0);
    expect(begun(id, operation)).toBe(1);
    if (operation === 'create') await yard.app.client.requestDestruction(id);
    await yard.reaches(id, 'DESTROYED');
  },
);

test('destroy jobs that come while the node is created here stop the create, and one of them destroys it', async () => {
  const id = 'while-creating';
  const create = await queues.create.add('create', { v: 1, node: node(id, { create: ['sleep:60000'] }) });
  await expect.poll(() => begun(id, 'create'), { timeout: 20_000 }).toBe(1);
  const jobs = await Promise.all([1, 2, 3].map(() => queues.destroy.add('destroy', { v: 1, nodeId: id })));
  await yard.reaches(id, 'DESTROYED');
  await expect.poll(() => isSettled('create', create), { timeout: 10_000 }).toBe(true);
  for (const job of jobs) {
    await expect.poll(() => isSettled('destroy', job), { timeout: 10_000 }).toBe(true);
  }
  expect((await yard.app.client.get(id)).epoch).toBe(2);
  expect(begun(id, 'create')).toBe(1);
  const destroyed = yard.ledger().filter((e) => e.node === id && e.what === 'destroy' && e.mark === 'begin');
  expect(destroyed.map(({ resource }) => resource).sort()).toEqual(['r0', 'r1']);
});
