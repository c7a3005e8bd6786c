/** The settings of the model: as in life, and smaller, so that a walk meets the end of every wait. Milliseconds. */
import type { ReconcileSettings } from '../../src/fleet/reconcile/context.js';
import type { OperationSettings } from '../../src/operations/dependencies.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const OPERATIONS: OperationSettings = {
  lease: { ttlMs: MINUTE, renewMs: 10 * SECOND, stopMarginMs: 20 * SECOND },
  retry: {
    createAttempts: 3,
    destroyAttempts: 2,
    backoffMs: 2 * SECOND,
    maxBackoffMs: 20 * SECOND,
    throttledBackoffMs: 5 * SECOND,
  },
  terraform: {
    parallelism: 10,
    timeoutMs: 10 * MINUTE,
    // Longer than the margin: a run that is stopped may still be ending when its lease has ended.
    graceMs: 45 * SECOND,
    maxLogBytes: 1_000_000,
    passEnv: [],
  },
  heartbeat: { startMs: 10 * MINUTE, leastSilenceMs: 30 * SECOND },
};

export const DESTROY_RETRY = { firstMs: 30 * SECOND, maxMs: 4 * MINUTE };
export const RETENTION = { historyEntries: 50, eventEntries: 10_000 };
export const TOMBSTONES_MS = 7 * 24 * HOUR;

export const RECONCILE: ReconcileSettings = {
  // Walks leave the fleet alone for longer than anybody would; and this Redis never forgets.
  orphans: 'destroy-all',
  orphanAgeMs: 3 * MINUTE,
  vanishedAfter: 3,
  ttlWarningMs: MINUTE,
  limitsMs: {
    REQUESTED: 15 * MINUTE,
    CREATING: 30 * MINUTE,
    DESTRUCTION_REQUESTED: 15 * MINUTE,
    DESTROYING: 12 * MINUTE,
  },
  tombstonesMs: TOMBSTONES_MS,
  strandedAfterMs: 10 * SECOND,
  quarantineQuietMs: 10 * SECOND,
};

/** Jobs at once in one worker, of each kind. */
export const CONCURRENCY = 2;
