/**
 * The port of what nodes say of themselves: that they live, and their load. A heartbeat is one script and one round trip, and
 * leaves nothing in the history; the state of a node is changed by the state store alone. Only unreachable Redis
 * (REDIS_UNAVAILABLE) and broken input throw.
 */
import type { ErrorCode } from '../errors.js';
import type { NodeState } from '../node/lifecycle.js';
import type { Load } from './load.js';

export interface Heartbeat {
  readonly load: Load;
  /** How long the node may be silent from now on (ms), unless its stack has said otherwise. */
  readonly silenceMs: number;
}

/** What decides whether a heartbeat moves the node. */
export interface Standing {
  readonly state: NodeState;
  readonly epoch: number;
  /** The node says when it is configured; false where nothing has to be. */
  readonly configures: boolean;
  /** Of a FAILED node: why, and the state that it was in before. */
  readonly failure?: { readonly code: ErrorCode; readonly from: NodeState };
}

export type HeartbeatResult =
  | { readonly standing: Standing }
  | { readonly refused: 'unknown-node' }
  /** The node is not created yet, or on its way out. */
  | { readonly refused: 'wrong-state'; readonly state: NodeState };

/** What a stack promises of its nodes, where they were told whom to speak to. */
export interface Promised {
  /** How long the first heartbeat may take from CREATED on (ms). */
  readonly startMs: number;
  /** How long the node may be silent from its first heartbeat on (ms), instead of what the setting says. */
  readonly silenceMs?: number;
  /** The node says when it is configured; false where nothing has to be. */
  readonly configures: boolean;
}

/** What is known of a node by its own words. */
export interface Heard {
  /** Milliseconds since 1970; absent for a node that has never spoken. */
  readonly lastSeenAt?: number;
  /** As of then; empty for a node that has never spoken. */
  readonly load: Load;
}

/** A node that says nothing for longer than it may. */
export interface SilentNode {
  readonly nodeId: string;
  /** How long it has been silent while it could have been heard (ms). */
  readonly silentMs: number;
  readonly limitMs: number;
  /** Absent for a node that has never spoken. */
  readonly lastSeenAt?: number;
}

export interface Silence {
  /** Nodes whose silence counts. */
  readonly watched: number;
  /** How many of them are late, about. */
  readonly late: number;
  /** The longest late first. */
  readonly nodes: readonly SilentNode[];
}

export interface Heartbeats {
  /** Notes that the node lives and what it bears. Refused in a state in which it may not speak. */
  beat(nodeId: string, heartbeat: Heartbeat): Promise<HeartbeatResult>;
  /**
   * Notes that heartbeats are to come, or, without a promise, that none are: then silence counts from the first one on.
   * Nothing happens for an unknown or a destroyed node.
   */
  expect(nodeId: string, promised: Promised | undefined): Promise<void>;
  /** Undefined for a node that has neither spoken nor should. */
  get(nodeId: string): Promise<Heard | undefined>;
  /** In the order of the ids. */
  getAll(nodeIds: readonly string[]): Promise<readonly (Heard | undefined)[]>;
  /**
   * Says that heartbeats can be received now. Called again and again by whoever receives them; a gap of more than
   * `gapMs` between two calls, whoever makes them, begins the count of silence anew for everybody.
   */
  listening(gapMs: number): Promise<void>;
  /** Nodes that have been silent for too long; at most `limit` (1–1000) of them. */
  silent(limit: number): Promise<Silence>;
}
