/** A queue of looks: one scheduled job, and those that a person asks for; one at work across all workers. */
import { type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { askRedis } from '../redis-errors.js';
import { LOOK_QUEUES, type LookName, QUEUE_PREFIX } from './names.js';

const OPTIONS: JobsOptions = { removeOnComplete: { count: 50 }, removeOnFail: { count: 50 } };

export class LookQueue {
  readonly #look: LookName;
  readonly #queue: Queue;

  /** `redis` stays the caller’s. */
  constructor(redis: Redis, look: LookName) {
    this.#look = look;
    this.#queue = new Queue(LOOK_QUEUES[look], {
      connection: redis,
      prefix: QUEUE_PREFIX,
      skipVersionCheck: true,
      skipWaitingForReady: true,
    });
    // A failed command rejects its own promise; the event would end the process without a listener.
    this.#queue.on('error', () => {});
  }

  /** For who only looks. */
  get queue(): Queue {
    return this.#queue;
  }

  /** Every worker says so at its start; the last one’s interval counts. */
  async schedule(intervalMs: number): Promise<void> {
    await askRedis(this.#queue.name, async () => {
      await this.#queue.setGlobalConcurrency(1);
      await this.#queue.upsertJobScheduler(
        this.#look,
        { every: intervalMs },
        { name: this.#look, data: {}, opts: OPTIONS },
      );
    });
  }

  /** Asks for a look at once. Answers the job’s id. */
  async ask(): Promise<string> {
    const job = await askRedis(this.#queue.name, () => this.#queue.add('asked', {}, OPTIONS));
    return job.id ?? '';
  }

  /** What the job has come to: its result, or undefined while it is not there yet. Throws what the job failed with. */
  async result(jobId: string): Promise<unknown> {
    return askRedis(this.#queue.name, async () => {
      const job = await this.#queue.getJob(jobId);
      if (job === undefined || job.finishedOn === undefined) return undefined;
      if (job.failedReason) throw new Error(job.failedReason);
      return job.returnvalue as unknown;
    });
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}
