/**
 * Consumes nodeyard-reconcile: the scheduled look at the fleet. Every worker takes part; BullMQ gives the job to one at a
 * time, and to another one when a worker dies over it.
 */
import { Worker } from 'bullmq';
import type { App } from '../src/app.js';
import type { StackInventories } from '../src/fleet/inventories.js';
import type { CleanUps } from '../src/fleet/reconcile/context.js';
import { reconcileParts } from '../src/fleet/reconcile/parts.js';
import { type ReconcileReport, reconcile } from '../src/fleet/reconcile.js';
import { QUEUE_PREFIX, RECONCILE_QUEUE } from '../src/queue/names.js';
import { ReconcileQueue } from '../src/queue/reconcile-queue.js';
import { isUnavailable } from '../src/redis-errors.js';

/** A look takes a moment, so a worker that died over one is found out soon. */
const LOCK_MS = 6_000;
const STALLED_MS = 2_000;
const MAX_STALLED = 10;
/** Findings that the job keeps for people to look at. */
const KEPT_FINDINGS = 500;

export interface Reconciling {
  /** Closed by whoever closes the other consumers. */
  readonly worker: Worker;
  /** Ends the look at work, between two of its acts. */
  stop(): Promise<void>;
}

/** `looked` hears of every look; undefined where it failed as a whole. */
export async function startReconciling(
  app: App,
  inventories: StackInventories,
  cleanUps: CleanUps,
  looked: (report: ReconcileReport | undefined) => void = () => undefined,
): Promise<Reconciling> {
  const { log, config } = app;
  const queue = new ReconcileQueue(app.redis);
  await queue.schedule(config.reconcile.intervalMs);
  await queue.close();
  const parts = reconcileParts(app, inventories, cleanUps);
  const stopping = new AbortController();
  let current: Promise<unknown> = Promise.resolve();
  const worker = new Worker<unknown, ReconcileReport>(
    RECONCILE_QUEUE,
    async () => {
      const look = reconcile(parts, { signal: stopping.signal });
      current = look.then(looked, () => looked(undefined));
      const report = await look;
      return { ...report, findings: report.findings.slice(0, KEPT_FINDINGS) };
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
      { queue: RECONCILE_QUEUE, error: error.message },
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
