/**
 * The port of node groups: what operators have said of them, kept by compare-and-set. A group’s nodes are the store’s. Only broken
 * input (INVALID_INPUT) and unreachable Redis (REDIS_UNAVAILABLE) throw.
 */
import type { Fence } from '../node/fence.js';
import type { GroupConfig, GroupWish } from './config.js';

/** A group as it is kept. */
export interface Group {
  readonly config: GroupConfig;
  /** Grows with every change; 1 at first. Never used again for the same name within a fleet, also after a removal. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /**
   * Its end was asked for at that time: all its nodes are destroyed, none is created, nothing of it can be changed, and it is removed
   * when the last of its nodes is gone.
   */
  readonly deletedAt?: number;
}

export type GroupChange =
  | { readonly group: Group; readonly changed: boolean }
  | { readonly refused: 'unknown-group' }
  /** It is not of the revision that was expected; or it exists and was expected not to, or it is being deleted. */
  | { readonly refused: 'conflict'; readonly group: Group };

/** Who asks for a change, for the group’s history (history.ts). */
export interface ChangedBy {
  /** `token ci`, `nodeyard apply`; `nodeyard` when absent. */
  readonly who?: string;
  readonly reason?: string;
}

export interface PutOptions extends ChangedBy {
  /** The revision that it must have, 0 for none; whatever is there when absent. */
  readonly expected?: number;
}

export interface GroupPage {
  readonly groups: readonly Group[];
  /** Give it back for the next page; absent on the last one. */
  readonly cursor?: string;
  /** Names on this page whose records cannot be read; `get` says why. Absent when there are none. */
  readonly unreadable?: readonly string[];
}

export interface Groups {
  /**
   * Keeps a group, new or instead of what is there; what says nothing of the pause leaves it as it is. `changed` is false, and the
   * revision the same, where nothing is different.
   */
  put(config: GroupWish, options?: PutOptions): Promise<GroupChange>;
  /** Throws RECORD_UNREADABLE where what is kept under its name is no group. */
  get(name: string): Promise<Group | undefined>;
  /** In the order of the names. `limit` 1–1000, default 100. */
  list(page?: { readonly cursor?: string; readonly limit?: number }): Promise<GroupPage>;
  pause(name: string, isScalingPaused: boolean, by?: ChangedBy): Promise<GroupChange>;
  /** Marks the group for its end; asking again changes nothing. */
  delete(name: string, by?: ChangedBy): Promise<GroupChange>;
  /** Takes a group that is marked away, by whoever has seen that no node of it is left. False where it is not marked. */
  remove(name: string): Promise<boolean>;
}

/** What scaling remembers of a role besides its nodes; milliseconds since 1970. */
export interface RoleMemory {
  /** Grows with every step. */
  readonly step: number;
  /** The newest step of growth. */
  readonly grewAt?: number;
  /** The newest step that shrank it. */
  readonly shrankAt?: number;
}

export interface RoleMemories {
  get(group: string, role: string): Promise<RoleMemory>;
  /**
   * Takes the next step, before anything is done about it: false where somebody else has taken it since `step` was read. What was
   * to be done and was not is found anew by the next look.
   */
  take(group: string, role: string, step: number, towards: 'out' | 'in'): Promise<boolean>;
  /** Holds as long as nobody has taken a step of the role after `step`, and nobody has changed the group since that revision. */
  fences(group: Pick<Group, 'config' | 'revision'>, role: string, step: number): readonly Fence[];
}
