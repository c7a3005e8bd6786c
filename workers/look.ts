/**
 * Consumes a queue of looks. Every worker takes part; BullMQ gives the job to one at a time, and to another one when a worker dies
 * over it.
 */
import { Worker } from 'bullmq';
import type { App } from '../src/app.js';
import { LookQueue } from '../src/queue/look-queue.js';
import { LOOK_QUEUES, type LookName, QUEUE_PREFIX } from '../src/queue/names.js';
import { isUnavailable } from '../src/redis-errors.js';

/** A look takes a moment, so a worker that died over one is found out soon. */
const LOCK_MS = 6_000;
const STALLED_MS = 2_000;
const MAX_STALLED = 10;

export interface Looking {
  /** Closed by whoever closes the other consumers. */
  readonly worker: Worker;
  /** Ends the look at work, between two of its acts. */
  stop(): Promise<void>;
}

export interface LookOptions<Report> {
  readonly name: LookName;
  readonly intervalMs: number;
  /** Ends between two acts when the signal says so. */
  look(signal: AbortSignal): Promise<Report>;
  /** What the job keeps of it, for people to look at. */
  kept(report: Report): unknown;
}

export async function startLooking<Report>(
  app: App,
  { name, intervalMs, look, kept }: LookOptions<Report>,
): Promise<Looking> {
  const { log } = app;
  const queue = new LookQueue(app.redis, name);
  await queue.schedule(intervalMs);
  await queue.close();
  const stopping = new AbortController();
  let current: Promise<unknown> = Promise.resolve();
  const worker = new Worker<unknown, unknown>(
    LOOK_QUEUES[name],
    async () => {
      const looking = look(stopping.signal);
      current = looking.catch(() => undefined);
      return kept(await looking);
    },
    {
      connection: await app.connections.open('patient'),
      prefix: QUEUE_PREFIX,
      concurrency: 1,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      maxStalledCount: MAX_STALLED,
    },
  );
  worker.on('error', (error) =>
    log[isUnavailable(error) ? 'debug' : 'warn'](
      { queue: LOOK_QUEUES[name], error: error.message },
      'queue error',
    ),
  );
  return {
    worker,
    async stop() {
      stopping.abort();
      await current;
    },
  };
}
