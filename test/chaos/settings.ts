/**
 * The settings of the workers: those of production, only shorter, so that what takes minutes there happens in a run of
 * minutes. Nothing here changes what happens, and all of it passes the configuration’s own checks.
 */
export interface WorkerPlaces {
  readonly redis: string;
  readonly dataDir: string;
  /** The variables that lead a provider and an SDK to the cloud. */
  readonly cloud: Readonly<Record<string, string>>;
  readonly mirror: string;
}

/** How long a run owns its node: the attacks are shorter and longer than this. */
const LEASE_MS = 8_000;

const SHORT = {
  NODEYARD_LEASE_TTL: `${LEASE_MS}ms`,
  NODEYARD_LEASE_RENEW: '1s',
  NODEYARD_LEASE_STOP_MARGIN: '3s',
  NODEYARD_QUEUE_LOCK: '8s',
  NODEYARD_QUEUE_STALLED: '2s',
  NODEYARD_TERRAFORM_TIMEOUT: '40s',
  NODEYARD_TERRAFORM_GRACE: '10s',
  NODEYARD_RETRY_BACKOFF: '500ms',
  NODEYARD_RETRY_THROTTLED_BACKOFF: '1s',
  NODEYARD_RETRY_MAX_BACKOFF: '5s',
  NODEYARD_RECONCILE_INTERVAL: '2s',
  NODEYARD_RECONCILE_INVENTORY_INTERVAL: '5s',
  NODEYARD_RECONCILE_DESTROY_RETRY: '2s',
  NODEYARD_RECONCILE_DESTROY_RETRY_MAX: '10s',
  NODEYARD_RECONCILE_ORPHANS: 'destroy',
  // The shortest that the configuration takes.
  NODEYARD_RECONCILE_ORPHAN_AGE: '1m',
  NODEYARD_WORKER_CREATES: '3',
  NODEYARD_WORKER_DESTROYS: '3',
};

/** A provider’s own patience, which the attacks outlast now and then. */
const PROVIDER = { SIMCLOUD_RETRIES: '3', SIMCLOUD_PATIENCE_MS: '5000' };

export function workerEnv(
  { redis, dataDir, cloud, mirror }: WorkerPlaces,
  parent: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return {
    PATH: parent['PATH'] ?? '',
    HOME: parent['HOME'] ?? '/',
    REDIS_URL: redis,
    NODEYARD_DATA_DIR: dataDir,
    NODEYARD_TERRAFORM_PROVIDER_MIRROR: mirror,
    NODEYARD_TERRAFORM_PASS_ENV: 'SIMCLOUD_*',
    ...cloud,
    ...PROVIDER,
    ...SHORT,
  };
}
