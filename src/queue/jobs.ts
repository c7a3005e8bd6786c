/** The two queues from the producer’s side: adding a node’s job, and telling whether one is still on its way. */
import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { OPERATIONS, type Operation } from '../node/lifecycle.js';
import { parseInput } from '../node/problems.js';
import { type CreateJobData, createJobSchema, destroyJobSchema } from '../node/request.js';
import { askRedis } from '../redis-errors.js';
import type { Tracing } from '../tracing/tracing.js';
import { QUEUE_NAMES, QUEUE_PREFIX } from './names.js';

export interface JobResult {
  readonly nodeId: string;
  readonly state: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** How a queue stands: jobs in each state, as BullMQ counts them. */
export interface QueueStanding {
  readonly name: Operation;
  /** No worker takes a job from it; those at work go on. */
  readonly paused: boolean;
  readonly waiting: number;
  /** Waiting for their time: the next attempt, or the end of somebody else’s run. */
  readonly delayed: number;
  readonly active: number;
  /** Done, and still kept. */
  readonly completed: number;
  readonly failed: number;
}

/**
 * The id of a node’s job. It carries a generation, because BullMQ silently ignores a job whose id it still keeps; it has
 * no ":" and is no integer, because BullMQ refuses those.
 */
export const jobIdOf = (operation: Operation, nodeId: string, generation: number): string =>
  `${operation}-${nodeId}-${generation}`;

/** A day or a thousand: enough to look at, never without end (BullMQ’s own default). */
const RETENTION = { age: 24 * 3600, count: 1000 } as const;

const JOB_OPTIONS = { removeOnComplete: RETENTION, removeOnFail: RETENTION } as const;

export class JobQueues {
  readonly #queues: Readonly<Record<Operation, Queue>>;
  readonly #redis: Redis;

  /** `redis` stays the caller’s: closing the queues does not close it. */
  constructor(redis: Redis, tracing?: Pick<Tracing, 'jobs'>) {
    this.#redis = redis;
    const telemetry = tracing?.jobs;
    const open = (operation: Operation): Queue => {
      const queue = new Queue(QUEUE_NAMES[operation], {
        connection: redis,
        prefix: QUEUE_PREFIX,
        skipVersionCheck: true,
        skipWaitingForReady: true,
        ...(telemetry === undefined ? {} : { telemetry }),
      });
      // A failed command rejects its own promise; the event repeats it, and would end the process without a listener.
      queue.on('error', () => {});
      return queue;
    };
    this.#queues = { create: open('create'), destroy: open('destroy') };
  }

  queue(operation: Operation): Queue {
    return this.#queues[operation];
  }

  /** Adds the job that drives a node which the store knows. Answers the job’s id. Throws REDIS_UNAVAILABLE. */
  async add(operation: Operation, nodeId: string, generation: number): Promise<string> {
    const id = jobIdOf(operation, nodeId, generation);
    const data: CreateJobData = { v: 1, nodeId };
    const queue = this.#queues[operation];
    await askRedis(queue.name, () => queue.add(operation, data, { ...JOB_OPTIONS, jobId: id }));
    return id;
  }

  /**
   * Whether a job will still be worked on: waiting in some form, or active under a lock that lives. An active job whose
   * lock is gone belongs to a dead worker.
   */
  async isAlive(operation: Operation, jobId: string): Promise<boolean> {
    const queue = this.#queues[operation];
    return askRedis(queue.name, async () => {
      const job: Job | undefined = await queue.getJob(jobId);
      if (job === undefined) return false;
      const state = await job.getState();
      if (state === 'active') return (await this.#redis.exists(`${queue.toKey(jobId)}:lock`)) === 1;
      return state !== 'completed' && state !== 'failed' && state !== 'unknown';
    });
  }

  /** Throws REDIS_UNAVAILABLE. */
  async standing(operation: Operation): Promise<QueueStanding> {
    const queue = this.#queues[operation];
    return askRedis(queue.name, async () => {
      const counted = ['waiting', 'prioritized', 'delayed', 'active', 'completed', 'failed'] as const;
      const [counts, paused] = await Promise.all([queue.getJobCounts(...counted), queue.isPaused()]);
      const of = (state: (typeof counted)[number]): number => counts[state] ?? 0;
      return {
        name: operation,
        paused,
        waiting: of('waiting') + of('prioritized'),
        delayed: of('delayed'),
        active: of('active'),
        completed: of('completed'),
        failed: of('failed'),
      };
    });
  }

  standings(): Promise<readonly QueueStanding[]> {
    return Promise.all(OPERATIONS.map((operation) => this.standing(operation)));
  }

  /**
   * Since when the job that is next waits: since it was added, or since it was last tried (ms since 1970, by the clocks of
   * those who did). Undefined where none waits.
   */
  async waitingSince(operation: Operation): Promise<number | undefined> {
    const queue = this.#queues[operation];
    return askRedis(queue.name, async () => {
      const next: (Job | undefined)[] = await queue.getJobs(['waiting', 'prioritized'], 0, 0, true);
      const times = next.flatMap((job) =>
        job === undefined ? [] : [Math.max(job.timestamp, job.processedOn ?? 0)],
      );
      return times.length === 0 ? undefined : Math.min(...times);
    });
  }

  /** Lets workers take jobs from the queue, or not; what is at work goes on. False when it was so already. */
  async setPaused(operation: Operation, paused: boolean): Promise<boolean> {
    const queue = this.#queues[operation];
    return askRedis(queue.name, async () => {
      if ((await queue.isPaused()) === paused) return false;
      await (paused ? queue.pause() : queue.resume());
      return true;
    });
  }

  /** Gives an active job of a dead worker back to its queue, with the token that the worker held it by. */
  async giveBack(queueName: string, jobId: string, token: string): Promise<boolean> {
    const operation = OPERATIONS.find((name) => QUEUE_NAMES[name] === queueName);
    if (operation === undefined) return false;
    const job = await this.#queues[operation].getJob(jobId);
    if (job === undefined || (await job.getState()) !== 'active') return false;
    try {
      await job.moveToWait(token);
      return true;
    } catch {
      // The lock has passed on: somebody else has taken care of the job already.
      return false;
    }
  }

  async close(): Promise<void> {
    await Promise.all(OPERATIONS.map((operation) => this.#queues[operation].close()));
  }
}

/** Reads the data of a create job. Throws INVALID_INPUT with every wrong field named. */
export const parseCreateJob = (data: unknown): z.output<typeof createJobSchema> =>
  parseInput(createJobSchema, data);

/** Reads the data of a destroy job; errors as above. */
export const parseDestroyJob = (data: unknown): z.output<typeof destroyJobSchema> =>
  parseInput(destroyJobSchema, data);
