/**
 * The metrics of one process, for Prometheus: what it counts itself, and what the whole fleet shares, read from Redis at the
 * moment of the question. Nothing here is global, and nothing knows how it is served (workers/metrics-server.ts).
 */
import { Registry } from 'prom-client';
import type { ReconcileReport } from './fleet/reconcile.js';
import type { Log } from './log.js';
import { FLEET_METRICS, PROCESS_METRICS, WORKER_METRICS } from './metrics/definitions.js';
import { type FleetSource, type FleetValues, readFleet, showFleet } from './metrics/fleet.js';
import { inTime } from './metrics/in-time.js';
import { createInstruments, type Instruments } from './metrics/instruments.js';
import type { Scrape } from './metrics/scrape.js';
import { webhookMetrics } from './metrics/webhooks.js';
import type { Operation } from './node/lifecycle.js';
import type { DestroyedQuarantined } from './operations/destroy-quarantined.js';
import type { OperationListener } from './operations/listener.js';
import type { TerraformBinary } from './terraform/binary.js';
import { packageVersion } from './version.js';
import type { WebhookMeter } from './webhooks/meter.js';

export interface MetricsParts extends FleetSource {
  /** How many run directories of this machine wait to be recovered; absent where the process has none. */
  readonly unrecovered?: () => Promise<number>;
  /** Of a worker; what a worker counts is told only where there is one. */
  readonly terraform?: Pick<TerraformBinary, 'product' | 'version'>;
  /** Names that may be a label: those of the catalog. A request may name anything. */
  readonly stacks?: readonly string[];
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long a scrape waits for Redis and for the disk. */
  readonly withinMs?: number;
}

export type { Scrape } from './metrics/scrape.js';

export interface Metrics extends OperationListener {
  /** Hears what this process delivers of webhooks. */
  readonly webhooks: WebhookMeter;
  /** Answers also while Redis is away: then without what comes from there, and with `nodeyard_store_up` 0. */
  scrape(): Promise<Scrape>;
  /** The reconciler has looked; undefined where the look itself failed. */
  looked(report: ReconcileReport | undefined): void;
  /** A job was started for the first time, so long after it was added. */
  jobWaited(operation: Operation, ms: number): void;
  /** A run on a quarantined document has ended; undefined where it threw. */
  quarantineRunEnded(result: DestroyedQuarantined | undefined): void;
}

/** Shorter than the ten seconds that Prometheus waits. */
const WITHIN_MS = 2_000;
/** For a stack that the catalog does not have. */
const OTHER_STACK = 'other';

export function createMetrics(parts: MetricsParts): Metrics {
  const { unrecovered, terraform, log, now, withinMs = WITHIN_MS } = parts;
  const registry = new Registry();
  const ofWorker = terraform === undefined ? {} : WORKER_METRICS;
  const instruments = createInstruments(registry, { ...PROCESS_METRICS, ...ofWorker, ...FLEET_METRICS });
  const webhooks = webhookMetrics(instruments, now);
  const stacks = new Set(parts.stacks);
  const stackLabel = (stack: string): string => (stacks.has(stack) ? stack : OTHER_STACK);
  const onError = (error: unknown): void => log.debug({ error: String(error) }, 'metrics not read');
  const askFleet = inTime((): Promise<FleetValues> => readFleet(parts, now), { withinMs, onError });
  const askDisk = inTime(async () => unrecovered?.(), { withinMs, onError });
  const info = { version: packageVersion(), product: '', terraform: '' };
  if (terraform !== undefined)
    Object.assign(info, { product: terraform.product, terraform: terraform.version });
  instruments.set('nodeyard_info', 1, info);
  if (terraform !== undefined) beginAtZero(instruments);

  const scrapeOnce = async (): Promise<Scrape> => {
    const [fleet, waiting] = await Promise.all([askFleet(), askDisk()]);
    showFleet(instruments, fleet);
    if (waiting !== undefined) instruments.set('nodeyard_run_directories_unrecovered', waiting);
    else if (terraform !== undefined) instruments.clear('nodeyard_run_directories_unrecovered');
    webhooks.show();
    return { contentType: registry.contentType, body: await registry.metrics() };
  };
  // Two at once would see each other’s half-written values.
  let scraping: Promise<Scrape> | undefined;
  return {
    webhooks: webhooks.meter,

    scrape: () => {
      scraping ??= scrapeOnce().finally(() => {
        scraping = undefined;
      });
      return scraping;
    },

    runEnded({ operation, stack: name, outcome, ms, leaseLost }) {
      const stack = stackLabel(name);
      instruments.add('nodeyard_runs_total', { operation, stack, outcome });
      instruments.observe('nodeyard_run_duration_seconds', ms / 1_000, { operation, stack });
      if (leaseLost) instruments.add('nodeyard_lease_losses_total', { operation });
    },

    terraformEnded({ operation, stack: name, peakMemoryBytes }) {
      if (peakMemoryBytes === undefined) return;
      const stack = name === undefined ? OTHER_STACK : stackLabel(name);
      instruments.observe('nodeyard_terraform_peak_memory_bytes', peakMemoryBytes, { operation, stack });
    },

    // A producer’s clock may be ahead of ours.
    jobWaited: (queue, ms) =>
      instruments.observe('nodeyard_queue_wait_seconds', Math.max(0, ms) / 1_000, { queue }),

    judged({ operation, code, verdict }) {
      if (verdict === 'retry') instruments.add('nodeyard_run_retries_total', { operation, code });
      if (verdict === 'fail') instruments.add('nodeyard_run_failures_total', { operation, code });
    },

    looked(report) {
      instruments.add('nodeyard_reconcile_looks_total', {
        outcome: report === undefined ? 'failed' : 'done',
      });
      if (report === undefined) return;
      instruments.set('nodeyard_reconcile_last_look_timestamp_seconds', now() / 1_000);
      for (const { rule } of report.failures)
        instruments.add('nodeyard_reconcile_rule_failures_total', { rule });
      for (const { problem } of report.inventories) {
        const outcome = problem === undefined ? 'answered' : 'failed';
        instruments.add('nodeyard_inventories_asked_total', { outcome });
      }
      for (const { rule, action, outcome } of report.findings) {
        if (outcome !== 'done' && outcome !== 'failed') continue;
        instruments.add('nodeyard_reconcile_acts_total', { rule, outcome });
        if (rule !== 'orphans' || outcome !== 'done') continue;
        instruments.add('nodeyard_orphans_found_total');
        if (action === 'destroy') instruments.add('nodeyard_orphans_destroyed_total');
      }
    },

    quarantineRunEnded: (result) =>
      instruments.add('nodeyard_quarantine_runs_total', { outcome: result?.kind ?? 'broken' }),
  };
}

/** A counter that appears with its first event hides that event from `increase()`. */
function beginAtZero(instruments: Instruments): void {
  for (const operation of ['create', 'destroy']) {
    instruments.add('nodeyard_lease_losses_total', { operation }, 0);
  }
}
