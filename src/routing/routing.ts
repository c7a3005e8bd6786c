/**
 * The port of the question that stands in a request path: which nodes of a role serve next? Only nodes that are INSERVICE in the very step in
 * which they are read are ever answered; their order is at most a second old.
 */
import type { Load } from '../heartbeat/load.js';

export interface RoutedNode {
  readonly id: string;
  /** What its stack says of it: addresses, ports. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** By the ranking of its role; null where it does not report what that needs. */
  readonly ranking: number | null;
  /** What it said last; empty for a node that has never spoken. */
  readonly load: Load;
  /** When it said so, in milliseconds since 1970; absent for a node that has never spoken. */
  readonly heardAt?: number;
  /** It has said nothing for half as long as it may: answered only where there is no other. */
  readonly isSilent: boolean;
}

export interface Route {
  readonly group: string;
  readonly role: string;
  /** The one to use first, first; each once. */
  readonly nodes: readonly RoutedNode[];
  /** Why there are fewer than were asked for, in words. */
  readonly why?: string;
}

export interface Routing {
  /**
   * Answers up to `count` (1–100) nodes, the least loaded first. Throws UNKNOWN_GROUP for a group without configuration, or a role that it
   * does not name, of which there is no node either; INVALID_INPUT, REDIS_UNAVAILABLE.
   */
  route(group: string, role: string, count: number): Promise<Route>;
}

export const MOST_ROUTED = 100;
