/**
 * The edge to BullMQ: turns deliveries into calls of a handler, and outcomes into what the queue understands. Retries
 * are ours (by delay, from the store’s count), because a producer’s job options must not decide how often the cloud is
 * asked, and because a wait for somebody else costs no attempt.
 */
import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { assertNever, NodeyardError } from '../src/errors.js';
import type { Log } from '../src/log.js';
import type { Operation } from '../src/node/lifecycle.js';
import type { Progress } from '../src/node/record.js';
import type { Outcome } from '../src/operations/outcome.js';
import type { JobRef } from '../src/operations/session.js';
import type { JobResult } from '../src/queue/jobs.js';
import { QUEUE_NAMES, QUEUE_PREFIX } from '../src/queue/names.js';
import { isUnavailable } from '../src/redis-errors.js';
import type { Tracing } from '../src/tracing/tracing.js';

export interface Delivery {
  readonly data: unknown;
  readonly ref: JobRef;
  /** When the job was added; with its id it names the job for ever, also after a queue was emptied. */
  readonly addedAt: number;
  onProgress(progress: Progress): void;
  /** A line for people who look at the job. */
  logLine(line: string): void;
}

export type Handler = (delivery: Delivery) => Promise<Outcome>;

export interface ConsumeRequest {
  readonly operation: Operation;
  readonly handler: Handler;
  readonly redis: Redis;
  /** Jobs at once. */
  readonly concurrency: number;
  readonly lockMs: number;
  readonly stalledMs: number;
  /** Hears how long a job waited before its first start (ms). */
  readonly onFirstStart?: (operation: Operation, ms: number) => void;
  readonly tracing: Pick<Tracing, 'jobs'>;
  readonly log: Log;
}

/** A job whose worker died comes back this often before BullMQ gives it up; the reconciler then adds a new one. */
const MAX_STALLED = 3;
/** Progress of one job is written at most so often. */
const PROGRESS_INTERVAL_MS = 250;
/** After an error that nobody foresaw: the job must not be lost, nor spin. */
const UNFORESEEN_DELAY_MS = 5_000;

export function consume(request: ConsumeRequest): Worker<unknown, JobResult> {
  const { operation, log } = request;
  const { jobs: telemetry } = request.tracing;
  const worker = new Worker<unknown, JobResult>(
    QUEUE_NAMES[operation],
    async (job, token) => {
      if (token === undefined) throw new Error('BullMQ delivered a job without a token');
      if (job.attemptsStarted === 1)
        request.onFirstStart?.(operation, Date.now() - job.timestamp - delayOf(job));
      return conclude(job, token, await handle(request, job, token));
    },
    {
      connection: request.redis,
      prefix: QUEUE_PREFIX,
      concurrency: request.concurrency,
      lockDuration: request.lockMs,
      stalledInterval: request.stalledMs,
      maxStalledCount: MAX_STALLED,
      autorun: false,
      ...(telemetry === undefined ? {} : { telemetry }),
    },
  );
  // Redis being away is said by the connection, once.
  worker.on('error', (error) =>
    log[isUnavailable(error) ? 'debug' : 'warn'](
      { queue: QUEUE_NAMES[operation], error: error.message },
      'queue error',
    ),
  );
  return worker;
}

/** What its producer wanted it to wait. */
const delayOf = ({ opts }: Job): number => opts.delay ?? 0;

async function handle(
  { operation, handler, log }: ConsumeRequest,
  job: Job,
  token: string,
): Promise<Outcome> {
  const progress = throttledProgress(job, log);
  try {
    return await handler({
      data: job.data,
      ref: { queue: QUEUE_NAMES[operation], id: job.id ?? '', token },
      addedAt: job.timestamp,
      onProgress: progress.report,
      logLine: (line) =>
        void job.log(line).catch((error: unknown) => log.debug({ error: String(error) }, 'job log')),
    });
  } catch (error) {
    if (error instanceof NodeyardError && error.class === 'permanent') {
      log.warn(
        { jobId: job.id, code: error.code, field: error.field, message: error.message },
        'job refused',
      );
      return { kind: 'failed', failure: { code: error.code, message: error.message } };
    }
    log.error({ jobId: job.id, error }, 'job met an unforeseen error');
    return { kind: 'later', delayMs: UNFORESEEN_DELAY_MS, why: String(error) };
  } finally {
    await progress.end();
  }
}

/** Says the outcome in BullMQ’s words: a return value, or one of its errors. */
async function conclude(job: Job, token: string, outcome: Outcome): Promise<JobResult> {
  switch (outcome.kind) {
    case 'settled':
      return { nodeId: outcome.node.id, state: outcome.node.state, outputs: outcome.node.outputs ?? {} };
    case 'later':
      if (outcome.delayMs <= 0) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      await job.moveToDelayed(Date.now() + outcome.delayMs, token);
      throw new DelayedError();
    case 'failed':
      throw new UnrecoverableError(`${outcome.failure.code}: ${outcome.failure.message}`);
    default:
      return assertNever(outcome);
  }
}

/** Writes the newest progress now and then, and the last one at the end. */
function throttledProgress(
  job: Job,
  log: Log,
): { report: (progress: Progress) => void; end: () => Promise<void> } {
  let latest: Progress | undefined;
  let timer: NodeJS.Timeout | undefined;
  const write = async (): Promise<void> => {
    timer = undefined;
    if (latest === undefined) return;
    const progress = latest;
    latest = undefined;
    try {
      await job.updateProgress({ ...progress });
    } catch (error) {
      log.debug({ jobId: job.id, error: String(error) }, 'progress not written');
    }
  };
  return {
    report: (progress) => {
      latest = progress;
      timer ??= setTimeout(() => void write(), PROGRESS_INTERVAL_MS);
    },
    end: async () => {
      clearTimeout(timer);
      await write();
    },
  };
}
