/** A producer that knows nothing but BullMQ and the published job schema. */
import type { Job, Queue } from 'bullmq';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Yard } from '../support/yard.js';

let yard: Yard;
beforeEach(async () => {
  yard = await Yard.open();
  await yard.startWorker();
});
afterEach(async () => {
  await yard.close();
});

/**
 * What each job came to: its return value, or why it failed. Asked for again and again, because BullMQ’s own
 * `waitUntilFinished` can miss a job that ends while its events begin to be read.
 */
async function resultsOf(queue: Queue, jobs: readonly Job[]): Promise<unknown[]> {
  const resultOf = async ({ id = '' }: Job): Promise<unknown> => {
    const state = await queue.getJobState(id);
    if (state !== 'completed' && state !== 'failed') return undefined;
    const job = await queue.getJob(id);
    return state === 'completed' ? job?.returnvalue : job?.failedReason;
  };
  let results: unknown[] = [];
  await expect
    .poll(
      async () => {
        results = await Promise.all(jobs.map(resultOf));
        return results.filter((result) => result === undefined).length;
      },
      { timeout: 60_000 },
    )
    .toBe(0);
  return results;
}

test('twenty jobs make twenty nodes, and twenty more destroy them', async () => {
  const queue = yard.plainQueue('create');
  const request = { group: 'plain', role: 'edge', stack: 'local-node' };
  const jobs = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      queue.add('any name', { v: 1, node: { ...request, labels: { n: `${index}` } } }),
    ),
  );
  const results = (await resultsOf(queue, jobs)) as {
    nodeId: string;
    state: string;
    outputs: object;
  }[];
  expect(results.map(({ state }) => state)).toEqual(Array(20).fill('CREATED'));
  expect(new Set(results.map(({ nodeId }) => nodeId)).size).toBe(20);
  expect(results[0]?.outputs).toMatchObject({ address: expect.stringContaining('http://127.0.0.1:') });

  const destroys = yard.plainQueue('destroy');
  const ends = await Promise.all(results.map(({ nodeId }) => destroys.add('destroy', { v: 1, nodeId })));
  const destroyed = (await resultsOf(destroys, ends)) as { state: string }[];
  expect(destroyed.map(({ state }) => state)).toEqual(Array(20).fill('DESTROYED'));
});

test('the same request id twice makes one node; a different request under it is refused', async () => {
  const queue = yard.plainQueue('create');
  const node = { group: 'g', role: 'r', stack: 'local-node', requestId: 'order-7' };
  const jobs = [
    await queue.add('a', { v: 1, node }),
    await queue.add('b', { v: 1, node }),
    await queue.add('c', { v: 1, node: { ...node, role: 'other' } }),
  ];
  const [first, second, third] = (await resultsOf(queue, jobs)) as [
    { nodeId: string },
    { nodeId: string },
    string,
  ];
  expect(second.nodeId).toBe(first.nodeId);
  expect(third).toContain('REQUEST_CONFLICT');
  const { nodes } = await yard.app.store.list({});
  expect(nodes).toHaveLength(1);

  const destroys = yard.plainQueue('destroy');
  const end = await destroys.add('destroy', { v: 1, node });
  expect(await resultsOf(destroys, [end])).toMatchObject([{ nodeId: first.nodeId, state: 'DESTROYED' }]);
});

test('a job that says nonsense fails with the field named, and makes nothing', async () => {
  const queue = yard.plainQueue('create');
  const node = { group: 'g', role: 'r', stack: 'local-node' };
  const jobs = [
    await queue.add('a', 'nonsense'),
    await queue.add('b', { v: 1, nodeId: '../../etc/passwd' }),
    await queue.add('c', { v: 1, nodeId: 'unknown' }),
    await queue.add('d', { v: 1, node: { ...node, group: '$(reboot)' } }),
    await queue.add('e', { v: 1, node: { ...node, accessKey: 'AKIA' } }),
    await queue.add('f', { v: 7, node }),
  ];
  const messages = await resultsOf(queue, jobs);
  expect(messages).toEqual([
    expect.stringContaining('INVALID_INPUT'),
    expect.stringMatching(/INVALID_INPUT.*nodeId/),
    expect.stringMatching(/UNKNOWN_NODE.*unknown/),
    expect.stringMatching(/INVALID_INPUT.*node\.group/),
    expect.stringMatching(/INVALID_INPUT.*node\.accessKey/),
    expect.stringMatching(/INVALID_INPUT.*v: /),
  ]);
  expect((await yard.app.store.list({})).nodes).toEqual([]);
});

test('progress says phase, resources done and total', async () => {
  const queue = yard.plainQueue('create');
  const job = await queue.add('create', {
    v: 1,
    node: { id: 'p1', group: 'g', role: 'r', stack: 'local-node' },
  });
  await resultsOf(queue, [job]);
  const finished = await queue.getJob(job.id ?? '');
  expect(finished?.progress).toMatchObject({ phase: 'applying', done: 3, total: 3 });
  await yard.app.client.requestDestruction('p1');
  await yard.reaches('p1', 'DESTROYED');
});
