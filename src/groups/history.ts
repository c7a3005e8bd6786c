/**
 * The port of what happened to a group: who changed it, and what scaling decided and why. Newest entries are kept, about a thousand of
 * a group; they outlive it for a week. A change of a group and its entry are written in one step.
 */

export const GROUP_ENTRY_KINDS = [
  'created', // by somebody, as all until `removed`
  'changed',
  'paused',
  'resumed',
  'deleted', // its end was asked for
  'removed', // the last of its nodes is gone
  'scaled', // scaling has asked for nodes, drains or destroys some
  'noted', // worth knowing, nothing was done
] as const;
export type GroupEntryKind = (typeof GROUP_ENTRY_KINDS)[number];

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface GroupNote {
  readonly kind: GroupEntryKind;
  /** `autoscaler`, `token ci`, `nodeyard apply`; longer than 200 characters is cut. */
  readonly who: string;
  /** What and why, in words; longer than 1000 characters is cut. No secrets. */
  readonly message: string;
  /** Where it is about one role. */
  readonly role?: string;
  /** What a program would want to read of it: small, at most 4 KiB of JSON. */
  readonly data?: Json;
}

export interface GroupEntry extends GroupNote {
  /** In the history; the cursor of a page is the last one’s. */
  readonly position: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of the group after it; absent with what scaling notes. */
  readonly revision?: number;
}

export interface GroupHistoryPage {
  readonly entries: readonly GroupEntry[];
  /** Give it back for the next, older page; absent on the last one. */
  readonly cursor?: string;
}

/** Throws INVALID_INPUT, REDIS_UNAVAILABLE. */
export interface GroupHistory {
  /** False where there is no such group (any more): nothing is kept then. */
  note(group: string, note: GroupNote): Promise<boolean>;
  /** Newest first; empty where nothing is kept. `limit` 1–1000, default 100. */
  list(
    group: string,
    page?: { readonly cursor?: string; readonly limit?: number },
  ): Promise<GroupHistoryPage>;
}
