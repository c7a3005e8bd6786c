/**
 * A worker: the consumers, the recovery of what earlier workers left, its part in the reconciler and in the delivery of
 * webhooks, the watch for destructions.
 * Also what another Node process starts to have a worker inside of it.
 */
import { setMaxListeners } from 'node:events';
import type { Worker } from 'bullmq';
import type { App } from '../src/app.js';
import type { Metrics } from '../src/metrics.js';
import type { Operation } from '../src/node/lifecycle.js';
import type { OperationDependencies } from '../src/operations/dependencies.js';
import { claimDataDirectory, claimFleet } from '../src/rehearsal/claim.js';
import type { TerraformBinary } from '../src/terraform/binary.js';
import { claimProcess } from './alone.js';
import { createCleanUps } from './clean-ups.js';
import { consume } from './consume.js';
import { createHandler } from './create.js';
import { destroyHandler } from './destroy.js';
import { lookAfterLeftovers } from './leftovers.js';
import { workerMetrics } from './metrics.js';
import { type MetricsServer, serveMetrics } from './metrics-server.js';
import { composeOperations } from './operations.js';
import { startReconciling } from './reconcile.js';
import { RunningOperations } from './running.js';
import { startScaling } from './scale.js';
import { deliverWebhooks } from './webhooks.js';

export interface StartedWorker {
  readonly terraform: TerraformBinary;
  readonly metrics: Metrics;
  /** Where they are served, if `metrics.listen` is set. */
  readonly metricsUrl?: string;
  /**
   * Takes no new jobs, tells every running Terraform to end, and waits until their states are stored and their jobs are
   * back in the queue; a Terraform gets the configured grace. After `patienceMs` what is still open stays for recovery.
   */
  stop(patienceMs?: number): Promise<void>;
}

/** After the grace of Terraform, time to store what it left. */
const STORE_PATIENCE_MS = 30_000;

export interface WorkerOptions {
  /** The address under which this machine reaches the API, where it serves it itself. */
  readonly api?: string | undefined;
}

/**
 * Throws TERRAFORM_MISSING, CONFIG_INVALID (a stack’s module; this process has a worker on the data directory already; the
 * nodes live in another cloud), REDIS_UNAVAILABLE.
 */
export async function startWorker(app: App, { api }: WorkerOptions = {}): Promise<StartedWorker> {
  await claimFleet(app.redis, app.rehearsal, { claim: true });
  await claimDataDirectory(app.config.dataDir, app.rehearsal);
  const release = await claimProcess(app);
  try {
    const worker = await startClaimed(app, api);
    let stopped: Promise<void> | undefined;
    return {
      ...worker,
      stop: (patienceMs) => {
        stopped ??= worker.stop(patienceMs).finally(release);
        return stopped;
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function startClaimed(app: App, api: string | undefined): Promise<StartedWorker> {
  const composed = await composeOperations(app, api);
  const metrics = workerMetrics(app, composed);
  // An address that is taken ends the start before anything has begun.
  const served = await serve(app, metrics);
  try {
    const stop = await startConsumers(app, { ...composed, listener: metrics }, metrics);
    return {
      terraform: composed.terraform,
      metrics,
      ...(served === undefined ? {} : { metricsUrl: served.url }),
      stop: (patienceMs) => stop(patienceMs).finally(() => served?.close()),
    };
  } catch (error) {
    await served?.close();
    throw error;
  }
}

async function startConsumers(
  app: App,
  operations: OperationDependencies,
  metrics: Metrics,
): Promise<StartedWorker['stop']> {
  const { config, log } = app;
  const { recovery, terraform } = operations;
  const running = new RunningOperations();
  const cleaning = new RunningOperations();
  const abandon = new AbortController();
  // Every run that is being stored listens to it.
  setMaxListeners(0, abandon.signal);
  await recovery.all();

  const handlers = { operations, running, abandon: abandon.signal };
  const open = async (operation: Operation, concurrency: number): Promise<Worker> =>
    consume({
      operation,
      handler: operation === 'create' ? createHandler(handlers) : destroyHandler(handlers),
      redis: await app.connections.open('patient'),
      concurrency,
      ...config.queue,
      onFirstStart: metrics.jobWaited,
      tracing: app.tracing,
      log,
    });
  const operationWorkers = [
    await open('create', config.worker.creates),
    await open('destroy', config.worker.destroys),
  ];
  const runs = operationWorkers.map((worker) => worker.run());

  const unwatch = app.tail.subscribe((event) => {
    if (event.to !== 'DESTRUCTION_REQUESTED') return;
    if (running.find(event.nodeId)?.operation === 'create') running.stop(event.nodeId, 'cancelled');
  });
  const leftovers = lookAfterLeftovers(app, recovery);
  const cleanUps = createCleanUps({
    operations,
    running: cleaning,
    most: config.worker.destroys,
    retry: config.reconcile.destroyRetry,
    abandon: abandon.signal,
    onEnded: metrics.quarantineRunEnded,
  });
  const reconciling = await startReconciling(app, operations.inventories, cleanUps, metrics.looked);
  const scaling = await startScaling(app);
  const workers = [...operationWorkers, reconciling.worker, scaling.worker];
  if (app.rehearsal !== undefined) {
    log.warn({ simulatedCloud: app.rehearsal.directory }, 'REHEARSAL: nodes live in a simulated cloud');
  }
  const webhooks = deliverWebhooks(app, metrics.webhooks);
  log.info({ terraform: terraform.version, product: terraform.product }, 'worker ready');

  return async (patienceMs = config.terraform.graceMs + STORE_PATIENCE_MS): Promise<void> => {
    unwatch();
    for (const worker of workers) void worker.pause(true);
    running.stopAll('shutdown');
    cleaning.stopAll('shutdown');
    const patience = setTimeout(
      () => abandon.abort(new Error('the patience of the shutdown is over')),
      patienceMs,
    );
    const orderly = async (): Promise<void> => {
      await Promise.all([reconciling.stop(), scaling.stop(), leftovers.stop()]);
      await Promise.all([running.idle(), cleaning.idle()]);
      // What the last runs did is delivered as well, or is the next one’s.
      await webhooks.stop();
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all(runs);
    };
    await Promise.race([orderly(), aborted(abandon.signal)]);
    clearTimeout(patience);
    // Without waiting for what Redis does not answer: their connections and timers would keep the process.
    if (!abandon.signal.aborted) return;
    for (const worker of workers) void worker.close(true);
    void webhooks.stop();
  };
}

async function serve({ config, log }: App, metrics: Metrics): Promise<MetricsServer | undefined> {
  if (config.metrics.listen === undefined) return undefined;
  const served = await serveMetrics(metrics, config.metrics.listen, log);
  log.info({ url: served.url }, 'serving metrics');
  return served;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
