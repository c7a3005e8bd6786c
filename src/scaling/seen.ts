/** What the decisions about a role are made from, all of it seen in one moment. Times are milliseconds since 1970. */
import type { RoleConfig } from '../groups/config.js';
import type { Load } from '../groups/expressions.js';
import type { RoleMemory } from '../groups/groups.js';
import type { Outcome } from '../groups/outcomes.js';
import type { NodeState } from '../node/lifecycle.js';

/** A node that is not DESTROYED. */
export interface SeenNode {
  readonly id: string;
  readonly state: NodeState;
  /** Since when it is in that state. */
  readonly since: number;
  readonly createdAt: number;
  /** Of a FAILED node: what failed. */
  readonly failed?: 'create' | 'destroy' | 'health' | 'timeout';
  /** Its destruction has been asked for, whatever became of it. */
  readonly doomed: boolean;
  /** What it said last; absent for a node that has never spoken. */
  readonly load?: Load;
  /** When it said so. */
  readonly heardAt?: number;
}

export interface SeenRole {
  readonly name: string;
  readonly config: RoleConfig;
  /** Nothing is done by itself: the group is paused, or the role is MANUAL. */
  readonly handOnly?: 'paused' | 'manual';
  readonly nodes: readonly SeenNode[];
  readonly memory: RoleMemory;
  /** The newest first; at least as many as the failure policy looks at. */
  readonly outcomes: readonly Outcome[];
  readonly now: number;
}
