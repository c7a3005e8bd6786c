/** Puts the parts of the reconciler together, for a worker and for `nodeyard reconcile --dry-run`. */
import type { Redis } from 'ioredis';
import type { Commands } from '../../commands/commands.js';
import type { Config } from '../../config.js';
import type { Heartbeats } from '../../heartbeat/heartbeats.js';
import type { Log } from '../../log.js';
import type { JobQueues } from '../../queue/jobs.js';
import type { Quarantine } from '../../state/quarantine.js';
import type { StateRepository } from '../../state/repository.js';
import type { NodeStore } from '../../store/store.js';
import type { StackInventories } from '../inventories.js';
import type { CleanUps, ReconcileParts, ReconcileSettings } from './context.js';
import { createInventories } from './inventories.js';
import { createFleetJobs } from './jobs.js';
import { createMemory } from './memory.js';
import { createSightings } from './sightings.js';

export interface Fleet {
  readonly config: Config;
  readonly redis: Redis;
  readonly store: NodeStore;
  readonly heartbeats: Heartbeats;
  readonly commands: Commands;
  readonly states: StateRepository;
  readonly quarantine: Quarantine;
  readonly queues: JobQueues;
  readonly log: Log;
}

/** A node that has changed more recently is just getting its job. */
const STRANDED_AFTER_MS = 10_000;

/** Looks that are further apart leave a time of which nobody knows anything. A restart of all workers is none yet. */
const LOOKS_APART_MS = 3 * 60_000;

export function reconcileParts(
  fleet: Fleet,
  inventories: StackInventories,
  cleanUps: CleanUps,
): ReconcileParts {
  const { config, redis, store, heartbeats, commands, states, quarantine, queues, log } = fleet;
  return {
    store,
    heartbeats,
    commands,
    states,
    quarantine,
    jobs: createFleetJobs(store, queues),
    cleanUps,
    inventories: createInventories({
      places: () => inventories.places(),
      intervalMs: config.reconcile.inventoryIntervalMs,
      monotonic: () => performance.now(),
      log,
    }),
    sightings: createSightings(redis),
    memory: createMemory({
      redis,
      gapMs: Math.max(LOOKS_APART_MS, 3 * config.reconcile.intervalMs),
      now: Date.now,
    }),
    reported: new Set(),
    settings: settingsOf(config),
    log,
    now: Date.now,
  };
}

const settingsOf = ({ reconcile, retention, lease }: Config): ReconcileSettings => ({
  orphans: reconcile.orphans,
  orphanAgeMs: reconcile.orphanAgeMs,
  vanishedAfter: reconcile.vanishedAfter,
  ttlWarningMs: reconcile.ttlWarningMs,
  limitsMs: reconcile.limitsMs,
  tombstonesMs: retention.tombstonesMs,
  strandedAfterMs: STRANDED_AFTER_MS,
  // After its lease has ended a run is stopping, and what it still writes is not yet all.
  quarantineQuietMs: lease.ttlMs,
});
