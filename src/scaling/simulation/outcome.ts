/** What came of a simulation. Times are milliseconds from its beginning. */
import type { Act } from '../decide.js';

/** Of one role at one look, after what it did. */
export interface Sample {
  readonly at: number;
  /** Clients that there are. */
  readonly load: number;
  /** Clients that found no node in service below its limit. */
  readonly unserved: number;
  readonly coming: number;
  readonly serving: number;
  readonly draining: number;
  readonly ending: number;
  readonly failed: number;
}

export interface Deed {
  readonly at: number;
  readonly do: Act['do'];
  /** How many nodes. */
  readonly count: number;
  readonly why: string;
}

export interface RoleOutcome {
  readonly role: string;
  readonly min: number;
  readonly max: number;
  /** Scaling does nothing by itself: the group is paused, or the role is MANUAL. */
  readonly handOnly?: 'paused' | 'manual';
  readonly samples: readonly Sample[];
  readonly deeds: readonly Deed[];
  readonly totals: Totals;
}

export interface Totals {
  /** Of all nodes from the beginning of their creation to the end of their destruction; a failed create costs nothing once it has failed. */
  readonly nodeHours: number;
  readonly created: number;
  /** Creates that failed. */
  readonly failed: number;
  readonly destroyed: number;
  /** Most nodes that served or were to serve. */
  readonly peak: number;
  /** Clients that were cut off by a node that left. */
  readonly cut: number;
  /** Clients without a node, times the hours they waited. */
  readonly unservedHours: number;
}

export interface SimulationOutcome {
  readonly group: string;
  readonly seed: number;
  /** How often scaling looked (ms), and how long it all lasted. */
  readonly every: number;
  readonly length: number;
  readonly roles: readonly RoleOutcome[];
}
