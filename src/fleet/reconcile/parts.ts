/** Puts the parts of the reconciler together, for a worker and for `nodeyard reconcile --dry-run`. */
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { openLocalInventory } from '../../../stacks/local-node/inventory.js';
import type { Commands } from '../../commands/commands.js';
import type { Config } from '../../config.js';
import type { Heartbeats } from '../../heartbeat/heartbeats.js';
import type { Log } from '../../log.js';
import type { JobQueues } from '../../queue/jobs.js';
import type { Quarantine } from '../../state/quarantine.js';
import type { StateRepository } from '../../state/repository.js';
import type { NodeStore } from '../../store/store.js';
import type { CleanUps, ReconcileParts, ReconcileSettings } from './context.js';
import { createInventories } from './inventories.js';
import { createFleetJobs } from './jobs.js';
import { createSightings } from './sightings.js';

export interface Fleet {
  readonly config: Config;
  readonly directories: { readonly nodes: string };
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

export async function reconcileParts(fleet: Fleet, cleanUps: CleanUps): Promise<ReconcileParts> {
  const { config, directories, redis, store, heartbeats, commands, states, quarantine, queues, log } = fleet;
  const local = await openLocalInventory({
    nodes: directories.nodes,
    idFile: join(config.dataDir, 'inventory-id'),
  });
  return {
    store,
    heartbeats,
    commands,
    states,
    quarantine,
    jobs: createFleetJobs(store, queues),
    cleanUps,
    inventories: createInventories({
      inventories: [local],
      intervalMs: config.reconcile.inventoryIntervalMs,
      monotonic: () => performance.now(),
      log,
    }),
    sightings: createSightings(redis),
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
