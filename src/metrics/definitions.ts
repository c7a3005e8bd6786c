/** Every metric, once: its name, type, labels and meaning. What is registered and docs/operations.md derive from it. */

export interface MetricDefinition {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

const gauge = (help: string, ...labels: string[]): MetricDefinition => ({ type: 'gauge', labels, help });
const counter = (help: string, ...labels: string[]): MetricDefinition => ({ type: 'counter', labels, help });

/** What the whole fleet shares and every process tells alike: read from Redis when somebody asks. */
export const FLEET_METRICS = {
  nodeyard_nodes: gauge('Nodes on record, tombstones among them.', 'state'),
  nodeyard_failed_destroys: gauge('Nodes whose destruction has failed and is not confirmed yet.'),
  nodeyard_failed_destroys_oldest_age_seconds: gauge(
    'Time since the first failure of the one of them that has failed for longest; 0 without one.',
  ),
  nodeyard_failed_destroys_most_failures: gauge('The most often that one of them has failed.'),
  nodeyard_quarantined_states: gauge('State documents in quarantine.'),
} as const satisfies Record<string, MetricDefinition>;

/** What this process knows of itself and of its machine. */
export const OWN_METRICS = {
  nodeyard_info: gauge('1, for its labels.', 'version', 'product', 'terraform'),
  nodeyard_store_up: gauge(
    'Whether Redis answered in time. Where it is 0, what comes from there is left out.',
  ),
  nodeyard_run_directories_unrecovered: gauge(
    'Run directories of this data directory whose worker is gone and whose state is not stored yet.',
  ),
  nodeyard_runs_total: counter('Runs of operations that ended here.', 'operation', 'stack', 'outcome'),
  nodeyard_run_duration_seconds: {
    type: 'histogram',
    labels: ['operation', 'stack'],
    help: 'From the lease that a run took to the lease that it gave back.',
  },
  nodeyard_run_retries_total: counter(
    'Failed attempts after which the job comes again.',
    'operation',
    'code',
  ),
  nodeyard_run_failures_total: counter(
    'Failed attempts after which the node is FAILED.',
    'operation',
    'code',
  ),
  nodeyard_lease_losses_total: counter('Runs that lost their lease.', 'operation'),
  nodeyard_quarantine_runs_total: counter('Runs on quarantined states.', 'outcome'),
  nodeyard_reconcile_looks_total: counter('Looks of the reconciler that this worker did.', 'outcome'),
  nodeyard_reconcile_last_look_timestamp_seconds: gauge(
    'When this worker looked last; the newest of all workers counts.',
  ),
  nodeyard_reconcile_acts_total: counter('What the reconciler did, or failed to do.', 'rule', 'outcome'),
  nodeyard_reconcile_rule_failures_total: counter('Rules that could not look.', 'rule'),
  nodeyard_inventories_asked_total: counter(
    'Inventories that a look has asked: whether they answered.',
    'outcome',
  ),
  nodeyard_orphans_found_total: counter('Resources without an owner that this worker spoke of first.'),
  nodeyard_orphans_destroyed_total: counter('Those of them that it destroyed.'),
  nodeyard_webhook_attempts_total: counter('Requests to receivers of webhooks.', 'outcome'),
  nodeyard_webhook_attempt_duration_seconds: {
    type: 'histogram',
    labels: [],
    help: 'From the begin of such a request to its answer.',
  },
  nodeyard_webhook_dead_total: counter('Messages that were given up.'),
  nodeyard_webhook_gaps_total: counter('Times that events were trimmed before a webhook got them.'),
  nodeyard_webhook_oldest_undelivered_age_seconds: gauge(
    'Age of the oldest event that waits among the webhooks that this process delivers; 0 without one.',
  ),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof FLEET_METRICS | keyof typeof OWN_METRICS;
export const METRICS: Readonly<Record<MetricName, MetricDefinition>> = { ...OWN_METRICS, ...FLEET_METRICS };

/** In seconds: a node of terraform_data takes a tenth, one of a cloud minutes. */
export const DURATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800];
