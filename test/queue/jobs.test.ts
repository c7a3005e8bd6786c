import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { JobQueues, jobIdOf, parseCreateJob, parseDestroyJob } from '../../src/queue/jobs.js';
import { QUEUE_NAMES, QUEUE_PREFIX } from '../../src/queue/names.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let server: TestRedis;
let redis: Redis;
let queues: JobQueues;
/** A worker that takes a job only when the test says so. */
let worker: Worker;
beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.socket, { maxRetriesPerRequest: null });
  queues = new JobQueues(redis);
  worker = new Worker(QUEUE_NAMES.create, null, { connection: redis, prefix: QUEUE_PREFIX });
});
afterAll(async () => {
  await worker.close();
  await queues.close();
  redis.disconnect();
  await server.stop();
});
beforeEach(() => redis.flushall());

const TOKEN = 'token-of-the-run';
/** Adds a job and has the worker take it. */
async function active(): Promise<string> {
  const id = await queues.add('create', 'n1', 1);
  expect((await worker.getNextJob(TOKEN))?.id).toBe(id);
  return id;
}
const stateOf = (id: string) => queues.queue('create').getJobState(id);

describe('the job of a node', () => {
  test('has an id that BullMQ takes, from operation, node and generation', async () => {
    const id = await queues.add('create', 'a-node_1', 7);
    expect(id).toBe(jobIdOf('create', 'a-node_1', 7));
    expect((await queues.queue('create').getJob(id))?.data).toEqual({ v: 1, nodeId: 'a-node_1' });
  });

  test('is one job however often it is added; the next generation is another, also when the last is still kept', async () => {
    await queues.add('create', 'n1', 1);
    await queues.add('create', 'n1', 1);
    expect(await queues.queue('create').count()).toBe(1);
    const job = await worker.getNextJob(TOKEN);
    await job?.moveToCompleted('done', TOKEN, false);
    await queues.add('create', 'n1', 1);
    expect(await queues.queue('create').count()).toBe(0);
    await queues.add('create', 'n1', 2);
    expect(await queues.queue('create').count()).toBe(1);
  });

  test('that is next tells since when it waits: since it was added, or last tried', async () => {
    expect(await queues.waitingSince('create')).toBeUndefined();
    const first = await queues.add('create', 'n1', 1);
    const { timestamp } = (await queues.queue('create').getJob(first)) ?? {};
    await queues.add('create', 'n2', 1);
    expect(await queues.waitingSince('create')).toBe(timestamp);
    expect(await queues.waitingSince('destroy')).toBeUndefined();
    const taken = await worker.getNextJob(TOKEN);
    await worker.getNextJob('another');
    expect(await queues.waitingSince('create')).toBeUndefined();
    await taken?.moveToWait(TOKEN);
    expect(await queues.waitingSince('create')).toBe(taken?.processedOn);
  });

  test('never shares its id with the other operation or with another node', () => {
    const ids = [
      jobIdOf('create', 'n', 1),
      jobIdOf('destroy', 'n', 1),
      jobIdOf('create', 'n', 11),
      jobIdOf('create', 'n-1', 1),
    ];
    expect(new Set(ids).size).toBe(4);
  });
});

describe('a job is on its way', () => {
  const add = (options: object = {}) =>
    queues.queue('create').add('create', { v: 1, nodeId: 'n1' }, { jobId: 'j', ...options });

  test('while it waits, however it waits', async () => {
    await add();
    expect(await queues.isAlive('create', 'j')).toBe(true);
    await queues.queue('create').pause();
    expect(await stateOf('j')).toBe('waiting');
    expect(await queues.isAlive('create', 'j')).toBe(true);
    await queues.queue('create').obliterate({ force: true });
    await add({ delay: 60_000 });
    expect(await stateOf('j')).toBe('delayed');
    expect(await queues.isAlive('create', 'j')).toBe(true);
    await queues.queue('create').obliterate({ force: true });
    await add({ priority: 5 });
    expect(await stateOf('j')).toBe('prioritized');
    expect(await queues.isAlive('create', 'j')).toBe(true);
  });

  test('while a worker holds it, and not any more when that worker’s lock is gone', async () => {
    const id = await active();
    expect(await queues.isAlive('create', id)).toBe(true);
    await redis.del(`${queues.queue('create').toKey(id)}:lock`);
    expect(await stateOf(id)).toBe('active');
    expect(await queues.isAlive('create', id)).toBe(false);
  });

  test('no longer when it has ended, was removed, or never was', async () => {
    expect(await queues.isAlive('create', 'nobody')).toBe(false);
    await add();
    const first = await worker.getNextJob(TOKEN);
    await first?.moveToCompleted('done', TOKEN, false);
    expect(await queues.isAlive('create', 'j')).toBe(false);
    await queues.queue('create').remove('j');
    expect(await queues.isAlive('create', 'j')).toBe(false);
    await add();
    const second = await worker.getNextJob(TOKEN);
    await second?.moveToFailed(new Error('no'), TOKEN, false);
    expect(await stateOf('j')).toBe('failed');
    expect(await queues.isAlive('create', 'j')).toBe(false);
  });

  test('only in its own queue', async () => {
    await add();
    expect(await queues.isAlive('destroy', 'j')).toBe(false);
  });
});

describe('a job of a dead worker', () => {
  test('is given back by the token that the worker held it by', async () => {
    const id = await active();
    expect(await queues.giveBack(QUEUE_NAMES.create, id, TOKEN)).toBe(true);
    expect(await stateOf(id)).toBe('waiting');
    expect((await worker.getNextJob('another'))?.id).toBe(id);
  });

  test('is not taken from whoever has it by now', async () => {
    const id = await active();
    expect(await queues.giveBack(QUEUE_NAMES.create, id, 'token-of-an-earlier-run')).toBe(false);
    expect(await stateOf(id)).toBe('active');
    expect(await queues.isAlive('create', id)).toBe(true);
  });

  test('is left where it is when it waits already, has ended, or is in no queue of ours', async () => {
    const id = await queues.add('create', 'n1', 1);
    expect(await queues.giveBack(QUEUE_NAMES.create, id, TOKEN)).toBe(false);
    expect(await queues.giveBack(QUEUE_NAMES.create, 'nobody', TOKEN)).toBe(false);
    expect(await queues.giveBack('somebody-elses', id, TOKEN)).toBe(false);
    expect(await stateOf(id)).toBe('waiting');
  });
});

describe('a queue', () => {
  test('tells how it stands', async () => {
    await active();
    await queues.add('create', 'n2', 1);
    await queues.queue('create').add('create', { v: 1, nodeId: 'n3' }, { delay: 60_000 });
    const empty = { paused: false, waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0 };
    expect(await queues.standings()).toEqual([
      { ...empty, name: 'create', waiting: 1, delayed: 1, active: 1 },
      { ...empty, name: 'destroy' },
    ]);
  });

  test('that is paused gives no job to anybody, keeps what waits, and is paused once', async () => {
    await queues.add('create', 'n1', 1);
    expect(await queues.setPaused('create', true)).toBe(true);
    expect(await queues.setPaused('create', true)).toBe(false);
    expect(await worker.getNextJob(TOKEN, { block: false })).toBeUndefined();
    expect(await queues.standing('create')).toMatchObject({ paused: true, waiting: 1 });
    expect(await queues.standing('destroy')).toMatchObject({ paused: false });
    expect(await queues.setPaused('create', false)).toBe(true);
    expect((await worker.getNextJob(TOKEN, { block: false }))?.data.nodeId).toBe('n1');
  });
});

describe('the data of a job', () => {
  const node = { group: 'g', role: 'r', stack: 's' };
  test.each([
    ['nothing', undefined, 'data'],
    ['a text', 'create n1', 'data'],
    ['no version', { nodeId: 'n1' }, 'v'],
    ['an unknown version', { v: 2, nodeId: 'n1' }, 'v'],
    ['neither node nor id', { v: 1 }, undefined],
    ['an id that is a path', { v: 1, nodeId: '../n1' }, 'nodeId'],
    ['an id that is a number', { v: 1, nodeId: 7 }, 'nodeId'],
    ['a field that nobody knows', { v: 1, node: { ...node, provider: 'x' } }, 'node.provider'],
    ['a name with a shell in it', { v: 1, node: { ...node, group: '$(reboot)' } }, 'node.group'],
    ['a time to live in words', { v: 1, node: { ...node, ttl: 'soon' } }, 'node.ttl'],
    ['inputs without end', { v: 1, node: { ...node, inputs: { x: 'x'.repeat(300_000) } } }, 'node.inputs'],
  ])('that is %s is refused, the field named', (_, data, field) => {
    const refusal = expect.objectContaining({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(field ?? ''),
    });
    expect(() => parseCreateJob(data)).toThrow(refusal);
  });

  test('of a destroy finds its node by id, by request id, or by the whole request that made it', () => {
    expect(parseDestroyJob({ v: 1, nodeId: 'n1' })).toEqual({ v: 1, nodeId: 'n1' });
    expect(parseDestroyJob({ v: 1, node: { ...node, requestId: 'q' } })).toMatchObject({
      node: { requestId: 'q' },
    });
    expect(() => parseDestroyJob({ v: 1, node })).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining('node') }),
    );
  });
});
