/** The parts of the reconciler on a real store and a real repository, with inventories and jobs that a test decides. */

import { createRedisCommands } from '../../src/commands/redis-commands.js';
import type { StackInventories } from '../../src/fleet/inventories.js';
import type { Inventory, InventoryItem } from '../../src/fleet/inventory.js';
import type { ReconcileParts, ReconcileSettings } from '../../src/fleet/reconcile/context.js';
import { createInventories } from '../../src/fleet/reconcile/inventories.js';
import { createMemory } from '../../src/fleet/reconcile/memory.js';
import { createSightings } from '../../src/fleet/reconcile/sightings.js';
import { type Reconciled, type ReconcileOptions, reconcile } from '../../src/fleet/reconcile.js';
import { createRedisHeartbeats } from '../../src/heartbeat/redis-heartbeats.js';
import { silentLog } from '../../src/log.js';
import type { QuarantinePlace } from '../../src/state/quarantine.js';
import { createRedisQuarantine } from '../../src/state/redis-quarantine.js';
import { createRedisStateRepository } from '../../src/state/redis-repository.js';
import { RETENTION, type StoreFixture } from '../store/support.js';

export const MINUTE = 60_000;

export const NO_INVENTORIES: StackInventories = {
  remember: async () => undefined,
  of: async () => [],
  places: async () => [],
};

export class Fleet {
  readonly states;
  readonly heartbeats;
  readonly commands;
  readonly quarantine;
  /** What the place holds; undefined: it cannot say. */
  items: InventoryItem[] | undefined = [];
  readonly destroyed: string[] = [];
  /** Why the cloud does not destroy one. */
  readonly refusals = new Map<string, Error>();
  /** `operation nodeId` of the jobs that were added. */
  readonly jobs: string[] = [];
  readonly alive = new Set<string>();
  readonly cleanUps: QuarantinePlace[] = [];
  readonly parts: ReconcileParts;

  constructor(fixture: StoreFixture, settings: Partial<ReconcileSettings> = {}) {
    const { redis, store } = fixture;
    const now = () => fixture.now;
    this.heartbeats = createRedisHeartbeats({ redis, clock: now });
    this.states = createRedisStateRepository({ redis, keptVersions: 2, now });
    this.quarantine = createRedisQuarantine({ redis, now });
    const inventory: Inventory = {
      name: 'place-1',
      settleMs: 0,
      list: async () => {
        if (this.items === undefined) throw new Error('the cloud does not answer');
        return this.items;
      },
      destroy: async ({ id }) => {
        const refusal = this.refusals.get(id);
        if (refusal !== undefined) throw refusal;
        this.destroyed.push(id);
      },
    };
    this.commands = createRedisCommands({ redis, retention: RETENTION, clock: now });
    this.parts = {
      store,
      heartbeats: this.heartbeats,
      commands: this.commands,
      states: this.states,
      quarantine: this.quarantine,
      jobs: {
        has: async ({ id }) => this.alive.has(id),
        add: async ({ id }, operation) => void this.jobs.push(`${operation} ${id}`),
      },
      cleanUps: {
        start: (place) => {
          this.cleanUps.push(place);
          return true;
        },
      },
      inventories: createInventories({
        places: async () => [{ stack: 'a-stack', place: 'here', open: async () => inventory }],
        intervalMs: 0,
        monotonic: now,
        log: silentLog,
      }),
      sightings: createSightings(redis),
      memory: createMemory({ redis, gapMs: 10 * MINUTE, now }),
      reported: new Set(),
      settings: {
        orphans: 'destroy',
        orphanAgeMs: 10 * MINUTE,
        vanishedAfter: 3,
        ttlWarningMs: 5 * MINUTE,
        limitsMs: {},
        tombstonesMs: 7 * 24 * 60 * MINUTE,
        strandedAfterMs: 10_000,
        quarantineQuietMs: 2 * MINUTE,
        ...settings,
      },
      log: silentLog,
      now,
    };
  }

  async look(options: ReconcileOptions = {}): Promise<readonly Reconciled[]> {
    const { findings, failures } = await reconcile(this.parts, options);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    return findings;
  }
}

export const brief = (findings: readonly Reconciled[]): string[] =>
  findings.map(({ rule, nodeId, action, outcome }) => `${rule} ${nodeId ?? '-'} ${action}: ${outcome}`);
