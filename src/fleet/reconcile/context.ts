/** What the rules work with. */
import type { Commands } from '../../commands/commands.js';
import type { Heartbeats } from '../../heartbeat/heartbeats.js';
import type { Log } from '../../log.js';
import type { NodeState, Operation } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import type { Quarantine, QuarantinePlace } from '../../state/quarantine.js';
import type { StateRepository } from '../../state/repository.js';
import type { NodeStore } from '../../store/store.js';
import type { Inventory, InventoryItem } from '../inventory.js';
import type { Place } from '../places.js';
import type { Memory } from './memory.js';
import type { Sightings } from './sightings.js';

export interface ReconcileSettings {
  readonly orphans: 'report' | 'destroy' | 'destroy-all';
  readonly orphanAgeMs: number;
  readonly vanishedAfter: number;
  readonly ttlWarningMs: number;
  /** A state that is not there has no limit. */
  readonly limitsMs: Readonly<Partial<Record<NodeState, number>>>;
  readonly tombstonesMs: number;
  /** A node that has changed more recently is just getting its job. */
  readonly strandedAfterMs: number;
  /** A quarantined document that has changed more recently belongs to a run that is still ending. */
  readonly quarantineQuietMs: number;
}

/** The jobs that drive nodes. */
export interface FleetJobs {
  /** Whether a job of the node is still on its way. */
  has(node: NodeRecord, operation: Operation): Promise<boolean>;
  add(node: NodeRecord, operation: Operation): Promise<void>;
}

/** Terraform runs on quarantined documents, which take longer than a look at the fleet may. */
export interface CleanUps {
  /** Begins one; false when as many are at work as may be, or this one is. */
  start(place: QuarantinePlace): boolean;
}

/** What an inventory said, asked before the store was. */
export interface Listing {
  readonly inventory: Inventory;
  readonly items: readonly InventoryItem[];
}

/** A place whose turn it was. */
export interface AskedPlace extends Place {
  /** Of the inventory, once it could be opened. */
  readonly name?: string;
  /** How many it lists. */
  readonly resources?: number;
  /** Why it could not answer. */
  readonly problem?: string;
}

export interface Survey {
  readonly asked: readonly AskedPlace[];
  readonly listings: readonly Listing[];
}

export interface ReconcileParts {
  readonly store: NodeStore;
  readonly heartbeats: Pick<Heartbeats, 'silent' | 'get'>;
  readonly commands: Pick<Commands, 'expired' | 'expire'>;
  readonly states: Pick<StateRepository, 'load' | 'quarantined' | 'loadQuarantined'>;
  readonly quarantine: Pick<Quarantine, 'unattended'>;
  readonly jobs: FleetJobs;
  readonly cleanUps: CleanUps;
  /** The inventories whose turn it is. */
  readonly inventories: { list(): Promise<Survey> };
  readonly sightings: Sightings;
  readonly memory: Memory;
  /** Orphans that this process has spoken of already. */
  readonly reported: Set<string>;
  readonly settings: ReconcileSettings;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface ReconcileContext extends ReconcileParts {
  readonly listings: readonly Listing[];
}
