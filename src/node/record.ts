/** What nodeyard knows of a node: plain data, as the store gives it out. Times are milliseconds since 1970 (UTC). */
import type { DiagnosticSummary, ErrorCode } from '../errors.js';
import type { Actor, NodeState, Operation } from './lifecycle.js';
import type { ValidNodeRequest } from './request.js';

/** Why a node is FAILED. `operation` keeps a failed destroy from being taken for a failed create. */
export interface Failure {
  readonly operation: Operation | 'health' | 'timeout';
  readonly code: ErrorCode;
  readonly message: string;
  readonly diagnostics: readonly DiagnosticSummary[];
  readonly retryable: boolean;
  readonly attempts: number;
  readonly at: number;
}

/** Why the last attempt of the operation at work failed; another follows. */
export type LastError = Pick<Failure, 'code' | 'message'>;

/** How far the operation at work has come. */
export interface Progress {
  readonly phase: Phase;
  /** Resources finished and planned in this run. */
  readonly done: number;
  readonly total: number;
  /** The resource in work. */
  readonly address?: string;
}
export const PHASES = [
  'waiting',
  'recovering',
  'synthesizing',
  'planning',
  'applying',
  'destroying',
  'cleaning-up',
  'storing',
  'done',
] as const;
export type Phase = (typeof PHASES)[number];

/** A destruction that fails again and again: it may cost money, and the reconciler tries it for ever. */
export interface FailedDestroys {
  /** How often the node was FAILED since its destruction was asked for. */
  readonly count: number;
  /** Time of the first of these failures. */
  readonly since: number;
  /** When the reconciler tries again; absent while a try is on its way. */
  readonly retryAt?: number;
}

/** A cloud resource that a run reported, noted the moment it existed. */
export interface ResourceId {
  readonly address: string;
  readonly type: string;
  readonly id: string;
}

/** Who writes the node’s state now. Alive until `expiresAt`, by the clock of Redis. */
export interface Lease {
  readonly holder: string;
  readonly expiresAt: number;
}

export interface NodeRecord extends Omit<ValidNodeRequest, 'id'> {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly onFailure: 'cleanup' | 'keep';
  readonly state: NodeState;
  /** Time of the last change of state. */
  readonly since: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the time to live ends. */
  readonly expiresAt?: number;
  /** The fence: grows by one with every run that takes the node. */
  readonly epoch: number;
  readonly lease?: Lease;
  /**
   * The epoch up to which everything that runs ever made is known to stand in a state document, or to be gone. Where it lies
   * behind, an earlier run may have made what only the cloud knows.
   */
  readonly accounted: number;
  /** When the last run gave its lease back, or had lost it; absent before the first end of one. */
  readonly runEndedAt?: number;
  /** Attempts that the operation at work has spent. */
  readonly attempts: number;
  readonly lastError?: LastError;
  /** The create had once succeeded. */
  readonly createSucceeded: boolean;
  /** A retry of a failed create was asked for and has not begun. */
  readonly retryRequested: boolean;
  /** Grows with every job that is added for the node, so that no two jobs share an id. */
  readonly generation: number;
  /** The queue’s id of the job that drives the node, where a producer chose it. */
  readonly jobId?: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly failure?: Failure;
  readonly failedDestroys?: FailedDestroys;
  readonly progress?: Progress;
  readonly resources: readonly ResourceId[];
}

/** One line of a node’s history; also an entry of the event stream. */
export interface NodeEvent {
  /** Position in the stream (`1700000000000-0`); ask for what comes after it. */
  readonly position: string;
  readonly type: NodeEventType;
  readonly nodeId: string;
  readonly group: string;
  readonly role: string;
  readonly from?: NodeState;
  readonly to?: NodeState;
  readonly actor: Actor;
  readonly epoch: number;
  readonly at: number;
  readonly reason?: string;
  readonly failure?: Failure;
}
/** `taken`: a run took the lease without a change of state. `noted`: something worth keeping that moves nothing. */
export const NODE_EVENT_TYPES = ['transition', 'taken', 'noted'] as const;
export type NodeEventType = (typeof NODE_EVENT_TYPES)[number];
