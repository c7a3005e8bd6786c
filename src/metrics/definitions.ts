/**
 * Every metric, once: its name, type, labels and meaning. What is registered, docs/operations.md and the checks of
 * deploy/observability/ derive from it. No label may hold what a request chooses.
 */
import { STATE_TIME_BOUNDS_MS } from '../store/state-times.js';

export interface MetricDefinition {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds, of a histogram. */
  readonly buckets?: readonly number[];
  /** Counted in Redis for the whole fleet, not by the process that tells it. */
  readonly kept?: boolean;
}

/** In seconds: a node of terraform_data takes a tenth, one of a cloud minutes. */
const RUN_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800];
/** In seconds: a read takes a millisecond, and what takes a second is too slow. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const MIB = 1024 ** 2;
const MEMORY_BYTES = [32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192].map((mib) => mib * MIB);

const gauge = (help: string, ...labels: string[]): MetricDefinition => ({ type: 'gauge', labels, help });
const counter = (help: string, ...labels: string[]): MetricDefinition => ({ type: 'counter', labels, help });
const histogram = (buckets: readonly number[], help: string, ...labels: string[]): MetricDefinition => ({
  type: 'histogram',
  labels,
  help,
  buckets,
});

/** What the whole fleet shares and every process tells alike: read from Redis when somebody asks. */
export const FLEET_METRICS = {
  nodeyard_nodes: gauge('Nodes on record, tombstones among them.', 'state'),
  nodeyard_nodes_older: gauge('Those of them that are in their state for longer than that.', 'state', 'than'),
  nodeyard_nodes_oldest_age_seconds: gauge(
    'How long the one that is in the state for longest is in it; 0 without one.',
    'state',
  ),
  nodeyard_node_state_duration_seconds: {
    type: 'histogram',
    labels: ['state'],
    help: 'How long nodes were in a state that they have left: counted with the transition itself, once.',
    buckets: STATE_TIME_BOUNDS_MS.map((ms) => ms / 1_000),
    kept: true,
  },
  nodeyard_queue_jobs: gauge('Jobs in a queue, by how they stand.', 'queue', 'standing'),
  nodeyard_queue_paused: gauge('Whether the queue is paused.', 'queue'),
  nodeyard_queue_oldest_waiting_age_seconds: gauge(
    'How long the job that is next waits, since it was added or last tried; 0 without one.',
    'queue',
  ),
  nodeyard_failed_destroys: gauge('Nodes whose destruction has failed and is not confirmed yet.'),
  nodeyard_failed_destroys_oldest_age_seconds: gauge(
    'Time since the first failure of the one of them that has failed for longest; 0 without one.',
  ),
  nodeyard_failed_destroys_most_failures: gauge('The most often that one of them has failed.'),
  nodeyard_quarantined_states: gauge('State documents in quarantine.'),
} as const satisfies Record<string, MetricDefinition>;

/** What every process knows of itself. */
export const PROCESS_METRICS = {
  nodeyard_info: gauge('1, for its labels.', 'version', 'product', 'terraform'),
  nodeyard_store_up: gauge(
    'Whether Redis answered in time. Where it is 0, what comes from there is left out.',
  ),
  nodeyard_webhook_attempts_total: counter('Requests to receivers of webhooks.', 'outcome'),
  nodeyard_webhook_attempt_duration_seconds: histogram(
    RUN_SECONDS,
    'From the begin of such a request to its answer.',
  ),
  nodeyard_webhook_dead_total: counter('Messages that were given up.'),
  nodeyard_webhook_gaps_total: counter('Times that events were trimmed before a webhook got them.'),
  nodeyard_webhook_oldest_undelivered_age_seconds: gauge(
    'Age of the oldest event that waits among the webhooks that this process delivers; 0 without one.',
  ),
} as const satisfies Record<string, MetricDefinition>;

/** What a worker knows of its runs and of its machine. */
export const WORKER_METRICS = {
  nodeyard_run_directories_unrecovered: gauge(
    'Run directories of this data directory whose worker is gone and whose state is not stored yet.',
  ),
  nodeyard_runs_total: counter('Runs of operations that ended here.', 'operation', 'stack', 'outcome'),
  nodeyard_run_duration_seconds: histogram(
    RUN_SECONDS,
    'From the lease that a run took to the lease that it gave back.',
    'operation',
    'stack',
  ),
  nodeyard_terraform_peak_memory_bytes: histogram(
    MEMORY_BYTES,
    'The most resident memory that one Terraform and its providers were seen to need together. Linux only.',
    'operation',
    'stack',
  ),
  nodeyard_queue_wait_seconds: histogram(
    RUN_SECONDS,
    'From the moment that a job was added to its first start.',
    'queue',
  ),
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
} as const satisfies Record<string, MetricDefinition>;

/** What an API server knows of its requests. */
export const API_METRICS = {
  nodeyard_api_requests_total: counter(
    'Requests that were answered, by the class of the answer’s status; `aborted` where the client left before.',
    'method',
    'route',
    'status',
  ),
  nodeyard_api_request_duration_seconds: histogram(
    REQUEST_SECONDS,
    'From a request to the end of its answer. Without streams, and without nodes that wait for commands.',
    'method',
    'route',
  ),
  nodeyard_api_listeners: gauge('Streams of events and logs that are open.'),
  nodeyard_api_listeners_limit: gauge('How many may be open at once: `api.maxListeners`.'),
  nodeyard_api_waiting_nodes: gauge('Requests of nodes that wait for commands.'),
} as const satisfies Record<string, MetricDefinition>;

const ALL = { ...FLEET_METRICS, ...PROCESS_METRICS, ...WORKER_METRICS, ...API_METRICS };

export type MetricName = keyof typeof ALL;
export const METRICS: Readonly<Record<MetricName, MetricDefinition>> = ALL;
