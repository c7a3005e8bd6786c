/**
 * The metrics of one process, for Prometheus: what it counts itself, and what the whole fleet shares, read from Redis at the
 * moment of the question. Nothing here is global, and nothing knows how it is served (workers/metrics-server.ts).
 */
import { Registry } from 'prom-client';
import type { ReconcileReport } from './fleet/reconcile.js';
import type { Log } from './log.js';
import { FLEET_METRICS, type MetricName } from './metrics/definitions.js';
import { inTime } from './metrics/in-time.js';
import { createInstruments, type Instruments } from './metrics/instruments.js';
import { webhookMetrics } from './metrics/webhooks.js';
import type { DestroyedQuarantined } from './operations/destroy-quarantined.js';
import type { OperationListener } from './operations/listener.js';
import type { Quarantine } from './state/quarantine.js';
import type { FailedDestroysSummary, NodeStore } from './store/store.js';
import type { TerraformBinary } from './terraform/binary.js';
import { packageVersion } from './version.js';
import type { WebhookMeter } from './webhooks/meter.js';

export interface MetricsParts {
  readonly store: Pick<NodeStore, 'counts' | 'failedDestroys'>;
  readonly quarantine: Pick<Quarantine, 'count'>;
  /** How many run directories of this machine wait to be recovered; absent where the process has none. */
  readonly unrecovered?: () => Promise<number>;
  /** Of a worker. */
  readonly terraform?: Pick<TerraformBinary, 'product' | 'version'>;
  /** Names that may be a label: those of the catalog. A request may name anything. */
  readonly stacks?: readonly string[];
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long a scrape waits for Redis and for the disk. */
  readonly withinMs?: number;
}

/** In the text format of Prometheus. */
export interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

export interface Metrics extends OperationListener {
  /** Hears what this process delivers of webhooks. */
  readonly webhooks: WebhookMeter;
  /** Answers also while Redis is away: then without what comes from there, and with `nodeyard_store_up` 0. */
  scrape(): Promise<Scrape>;
  /** The reconciler has looked; undefined where the look itself failed. */
  looked(report: ReconcileReport | undefined): void;
  /** A run on a quarantined document has ended; undefined where it threw. */
  quarantineRunEnded(result: DestroyedQuarantined | undefined): void;
}

/** Shorter than the ten seconds that Prometheus waits. */
const WITHIN_MS = 2_000;
/** For a stack that the catalog does not have. */
const OTHER_STACK = 'other';

interface FleetValues {
  readonly counts: Awaited<ReturnType<NodeStore['counts']>>;
  readonly failed: FailedDestroysSummary;
  readonly quarantined: number;
}

export function createMetrics(parts: MetricsParts): Metrics {
  const { store, quarantine, unrecovered, terraform, log, now, withinMs = WITHIN_MS } = parts;
  const registry = new Registry();
  const instruments = createInstruments(registry);
  const webhooks = webhookMetrics(instruments, now);
  const stacks = new Set(parts.stacks);
  const stackLabel = (stack: string): string => (stacks.has(stack) ? stack : OTHER_STACK);
  const onError = (error: unknown): void => log.debug({ error: String(error) }, 'metrics not read');
  const askFleet = inTime(
    async (): Promise<FleetValues> => {
      const [counts, failed, quarantined] = await Promise.all([
        store.counts(),
        store.failedDestroys(),
        quarantine.count(),
      ]);
      return { counts, failed, quarantined };
    },
    { withinMs, onError },
  );
  const askDisk = inTime(async () => unrecovered?.(), { withinMs, onError });
  const info = { version: packageVersion(), product: '', terraform: '' };
  if (terraform !== undefined)
    Object.assign(info, { product: terraform.product, terraform: terraform.version });
  instruments.set('nodeyard_info', 1, info);
  beginAtZero(instruments);

  const scrapeOnce = async (): Promise<Scrape> => {
    const [fleet, waiting] = await Promise.all([askFleet(), askDisk()]);
    showFleet(instruments, fleet);
    if (waiting === undefined) instruments.clear('nodeyard_run_directories_unrecovered');
    else instruments.set('nodeyard_run_directories_unrecovered', waiting);
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

function showFleet(instruments: Instruments, fleet: FleetValues | undefined): void {
  instruments.set('nodeyard_store_up', fleet === undefined ? 0 : 1);
  for (const name of Object.keys(FLEET_METRICS)) instruments.clear(name as MetricName);
  if (fleet === undefined) return;
  const { counts, failed, quarantined } = fleet;
  for (const [state, count] of Object.entries(counts)) instruments.set('nodeyard_nodes', count, { state });
  instruments.set('nodeyard_failed_destroys', failed.count);
  instruments.set('nodeyard_failed_destroys_oldest_age_seconds', failed.oldestMs / 1_000);
  instruments.set('nodeyard_failed_destroys_most_failures', failed.mostFailures);
  instruments.set('nodeyard_quarantined_states', quarantined);
}
