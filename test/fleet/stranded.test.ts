/** Stranded nodes on a real store and real queues: queue state is never truth. */
import { type Job, Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { App } from '../../src/app.js';
import { reconcileParts } from '../../src/fleet/reconcile/parts.js';
import { stranded } from '../../src/fleet/reconcile/stranded.js';
import type { Operation } from '../../src/node/lifecycle.js';
import { QUEUE_NAMES, QUEUE_PREFIX } from '../../src/queue/names.js';
import { nodeAt, nodeRequest, type Standing } from '../store/support.js';
import { Yard } from '../support/yard.js';
import { NO_INVENTORIES } from './support.js';

let yard: Yard;
/** Takes a job when a test says so. */
let taker: Worker;
beforeAll(async () => {
  yard = await Yard.open();
  const connection = yard.app.redis;
  taker = new Worker(QUEUE_NAMES.create, null, { connection, prefix: QUEUE_PREFIX });
});
afterAll(async () => {
  await taker.close();
  await yard.close();
});
beforeEach(() => yard.app.redis.flushall());
afterEach(async () => {
  // What a sweep has seen or mended it does not mend again.
  expect(await sweepNodes(yard.app, 0)).toEqual([]);
});

/** Gives jobs to nodes that nobody has attended to for so long and that have none. Answers their ids. */
async function sweepNodes(app: App, strandedAfterMs: number): Promise<(string | undefined)[]> {
  const parts = reconcileParts(app, NO_INVENTORIES, { start: () => false });
  const context = { ...parts, listings: [], settings: { ...parts.settings, strandedAfterMs } };
  const found = await stranded.find(context);
  for (const finding of found) await stranded.act(context, finding);
  return found.filter(({ routine }) => routine !== true).map(({ nodeId }) => nodeId);
}

const request = async (): Promise<string> =>
  (await yard.app.client.requestNode({ group: 'g', role: 'r', stack: 'local-node' })).node.id;
const jobs = async (operation: Operation): Promise<string[]> =>
  (await yard.app.queues.queue(operation).getJobs(['waiting', 'delayed', 'active']))
    .map(({ id = '' }) => id)
    .sort();
async function takeJob(): Promise<Job> {
  const job = await taker.getNextJob('token');
  if (job === undefined) throw new Error('no job waits');
  return job;
}

describe('a node whose job', () => {
  test('was never added, because its producer died before, gets one', async () => {
    const { id } = await nodeAt(yard.app.store, 'REQUESTED');
    expect(await sweepNodes(yard.app, 0)).toEqual([id]);
    expect(await jobs('create')).toEqual([`create-${id}-1`]);
  });

  test('was removed by hand gets another', async () => {
    const id = await request();
    await yard.app.queues.queue('create').remove(`create-${id}-1`);
    expect(await sweepNodes(yard.app, 0)).toEqual([id]);
    expect(await jobs('create')).toEqual([`create-${id}-2`]);
  });

  test('went with the whole queue gets another, as all others do', async () => {
    const ids = [await request(), await request(), await request()];
    await yard.app.queues.queue('create').obliterate({ force: true });
    expect([...(await sweepNodes(yard.app, 0))].sort()).toEqual([...ids].sort());
    expect(await jobs('create')).toHaveLength(3);
  });

  test('was given up by the queue, because its worker died too often, gets another', async () => {
    const id = await request();
    await (await takeJob()).moveToFailed(new Error('job stalled more than allowable limit'), 'token', false);
    expect(await sweepNodes(yard.app, 0)).toEqual([id]);
  });

  test('is held by a worker that has died gets another, for the queue may never find out', async () => {
    const id = await request();
    const job = await takeJob();
    expect(await sweepNodes(yard.app, 0)).toEqual([]);
    await yard.app.redis.del(`${yard.app.queues.queue('create').toKey(job.id ?? '')}:lock`);
    expect(await sweepNodes(yard.app, 0)).toEqual([id]);
  });

  test('waits for its turn or for its next attempt is left alone', async () => {
    await request();
    await request();
    const job = await takeJob();
    await job.moveToDelayed(Date.now() + 60_000, 'token');
    expect(await job.getState()).toBe('delayed');
    expect(await sweepNodes(yard.app, 0)).toEqual([]);
    expect(await jobs('create')).toHaveLength(2);
  });

  test('was added by a producer under an id of its own is left alone while that job lives', async () => {
    const { id } = await nodeAt(yard.app.store, 'REQUESTED');
    const job = await yard.app.queues.queue('create').add('mine', { v: 1, nodeId: id }, { jobId: 'mine-1' });
    await yard.app.store.attend(id, job.id);
    expect(await sweepNodes(yard.app, 0)).toEqual([]);
    await job.remove();
    expect(await sweepNodes(yard.app, 0)).toEqual([id]);
  });

  test('bore the same id as another node’s job in the other queue is not mistaken for it', async () => {
    const { id } = await nodeAt(yard.app.store, 'CREATED');
    await yard.app.store.attend(id, '1');
    await yard.app.store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    const other = await yard.app.queues.queue('destroy').add('another', { v: 1, nodeId: 'another' });
    expect(other.id).toBe('1');
    expect(await sweepNodes(yard.app, 0)).toEqual([id]);
  });
});

describe('by its state, a node that is', () => {
  test.each([
    ['REQUESTED', 'create'],
    ['CREATING', 'create'],
    ['DESTRUCTION_REQUESTED', 'destroy'],
    ['DESTROYING', 'destroy'],
  ] satisfies [Standing, Operation][])('%s and stranded gets a %s job', async (standing, operation) => {
    const { id } = await nodeAt(yard.app.store, standing);
    expect(await sweepNodes(yard.app, 0)).toEqual([id]);
    expect(await jobs(operation)).toEqual([`${operation}-${id}-1`]);
  });

  test.each([
    'CREATED',
    'INSERVICE',
    'HARD_SUNSET',
    'FAILED create',
    'FAILED destroy',
    'DESTROYED',
  ] satisfies Standing[])('%s needs none', async (standing) => {
    await nodeAt(yard.app.store, standing);
    expect(await sweepNodes(yard.app, 0)).toEqual([]);
  });

  test('FAILED gets a create job once its retry was asked for', async () => {
    const { id } = await nodeAt(yard.app.store, 'FAILED create');
    await yard.app.store.requestRetry(id, { actor: 'operator' });
    expect(await sweepNodes(yard.app, 0)).toEqual([id]);
    expect(await jobs('create')).toEqual([`create-${id}-1`]);
  });

  test('at work under a living lease is left alone', async () => {
    const { id } = await nodeAt(yard.app.store, 'REQUESTED');
    await yard.app.store.begin(id, { operation: 'create', holder: 'a-run', leaseMs: 60_000 });
    expect(await sweepNodes(yard.app, 0)).toEqual([]);
  });

  test('younger than a job takes to be added is left alone', async () => {
    const { id } = await nodeAt(yard.app.store, 'REQUESTED');
    expect(await sweepNodes(yard.app, 60_000)).toEqual([]);
    expect(await sweepNodes(yard.app, 0)).toEqual([id]);
  });
});

test('a long line of nodes that wait their turn does not hide one that has no job', async () => {
  const { store, queues } = yard.app;
  await Promise.all(
    Array.from({ length: 450 }, async () => {
      const { node } = await store.create(nodeRequest(), { actor: 'producer' });
      await queues.add('create', node.id, (await store.nextGeneration(node.id)) ?? 0);
    }),
  );
  const { id } = await nodeAt(store, 'REQUESTED');
  const driven = [
    ...(await sweepNodes(yard.app, 0)),
    ...(await sweepNodes(yard.app, 0)),
    ...(await sweepNodes(yard.app, 0)),
  ];
  expect(driven).toEqual([id]);
});
