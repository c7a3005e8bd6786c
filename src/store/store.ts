/**
 * The state store’s port. Every write is one atomic compare-and-set; a refused write is an answer, not an error, because
 * it is a reason to look again. Only unreachable Redis (REDIS_UNAVAILABLE) and broken input throw.
 */
import type { Fence } from '../node/fence.js';
import type { Actor, NodeState, Operation } from '../node/lifecycle.js';
import type { Failure, LastError, NodeEvent, NodeRecord, Progress, ResourceId } from '../node/record.js';
import type { ValidNodeRequest } from '../node/request.js';
import type { StateTimes } from './state-times.js';

/** A request whose id has been chosen. */
export type IdentifiedRequest = ValidNodeRequest & { readonly id: string };

export interface CreateNodeResult {
  readonly node: NodeRecord;
  /** False when the same request had made the node before. */
  readonly created: boolean;
}

export interface NodeFilter {
  readonly state?: NodeState | readonly NodeState[];
  readonly group?: string;
  readonly role?: string;
}

export interface NodePage {
  readonly nodes: readonly NodeRecord[];
  /** Give it back for the next page; absent on the last one. */
  readonly cursor?: string;
  /** Ids on this page whose records cannot be read; `get` says why. Absent when there are none. */
  readonly unreadable?: readonly string[];
}

export interface FoundNodes {
  /** By id. */
  readonly nodes: ReadonlyMap<string, NodeRecord>;
  /** Ids whose records cannot be read. */
  readonly unreadable: readonly string[];
}

export interface StrandedOptions {
  /** Only nodes that nobody has attended to for longer than this; default 0. */
  readonly olderThanMs?: number;
  /** Leave out so many of the oldest: how a sweep walks past those whose jobs just wait their turn. */
  readonly skip?: number;
}

export interface TransitionRequest {
  readonly to: NodeState;
  readonly actor: Actor;
  readonly reason?: string;
  /** Refuse unless the node is in one of these states, on top of what the lifecycle allows (operator’s compare-and-set). */
  readonly expected?: readonly NodeState[];
  /** Refuse unless this is the node’s epoch. Required of `terraform`. */
  readonly epoch?: number;
  /** Required with `to: FAILED`, forbidden otherwise. */
  readonly failure?: Omit<Failure, 'at'>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly fences?: readonly Fence[];
}

export type Refusal =
  | { readonly refused: 'unknown-node' }
  | { readonly refused: 'wrong-state'; readonly node: NodeRecord }
  | { readonly refused: 'stale-epoch'; readonly node: NodeRecord }
  | { readonly refused: 'lease-held'; readonly node: NodeRecord }
  | { readonly refused: 'fenced-off'; readonly node: NodeRecord };

export type TransitionResult = { readonly node: NodeRecord; readonly changed: boolean } | Refusal;

export interface BeginRequest {
  readonly operation: Operation;
  /** Unique per run. The same holder asking twice gets the same epoch (an answer may get lost on the way). */
  readonly holder: string;
  readonly leaseMs: number;
}
export type BeginResult = { readonly node: NodeRecord; readonly epoch: number } | Refusal;

export interface LeaseClaim {
  readonly epoch: number;
  readonly holder: string;
}
/** What a run knows at its end to stand in a stored state document, or to be gone. */
export interface Accounting {
  /** All that earlier runs made. */
  readonly earlier?: boolean;
  /** All that it made itself. */
  readonly own?: boolean;
}

/** `state` is how a run learns that its node’s destruction was asked for. */
export type RenewResult =
  | { readonly held: true; readonly state: NodeState; readonly expiresAt: number }
  | { readonly held: false };

/** What a run may write about its node while it holds the epoch. Absent fields stay as they are. */
export interface NodePatch {
  readonly progress?: Progress;
  readonly resources?: readonly ResourceId[];
  readonly attempts?: number;
  readonly lastError?: LastError;
}

export interface EventQuery {
  /** Entries after this position; `0` = from the oldest kept, `$` = only new ones. */
  readonly after: string;
  readonly limit?: number;
  /** Wait so long for the first new entry (ms); without it the answer comes at once. */
  readonly blockMs?: number;
}

export interface FailedDestroysSummary {
  readonly count: number;
  /** Since the first failure of the one that has failed for longest; 0 without one. */
  readonly oldestMs: number;
  /** The most often that one of them has failed, of the oldest thousand. */
  readonly mostFailures: number;
}

/** How long the nodes of a state are in it. */
export interface StateAge {
  /** Of the one that is in it for longest; 0 without one. */
  readonly oldestMs: number;
  /** How many are in it for longer than each of the times that were asked for. */
  readonly older: readonly number[];
}

/** What of the stream is missing after a position that somebody has reached. */
export interface EventGap {
  /** The position that was asked for. */
  readonly after: string;
  /** Of the oldest event that is kept; absent when there is none. */
  readonly oldest?: string;
  /**
   * `trimmed`: the event at `after` is gone, and maybe later ones. `reset`: the stream ends before `after`, so it is another
   * one, or Redis has lost its end.
   */
  readonly why: 'trimmed' | 'reset';
}

/** A piece of the stream, as it was in one moment. */
export interface EventPage {
  readonly events: readonly NodeEvent[];
  /** Ask for what comes after this. */
  readonly next: string;
  /** The stream goes on beyond this page, about. */
  readonly more: boolean;
  /** Comes before the events of the page, which begin with the oldest one that is kept. */
  readonly gap?: EventGap;
}

/** What of a node decides about its group; times are milliseconds since 1970. */
export interface Glance {
  readonly id: string;
  readonly role: string;
  readonly state: NodeState;
  readonly since: number;
  readonly createdAt: number;
  /** Its destruction has been asked for, whatever became of it. */
  readonly doomed: boolean;
  /** Of a FAILED node. */
  readonly failed?: Failure['operation'];
}

export interface Glances {
  /** By the clock of Redis. */
  readonly now: number;
  readonly nodes: readonly Glance[];
}

export interface NodeStore {
  /**
   * The id that every resource of this fleet bears: made at the first call, kept from then on. Throws CONFIG_INVALID where it
   * was pinned and Redis keeps another.
   */
  fleetId(): Promise<string>;
  /** Records a request as REQUESTED. Throws REQUEST_CONFLICT when its id or request id belongs to a different request, GROUP_CONFLICT behind a fence that has moved. */
  create(
    request: IdentifiedRequest,
    by: { readonly actor: Actor; readonly reason?: string; readonly fences?: readonly Fence[] },
  ): Promise<CreateNodeResult>;
  get(id: string): Promise<NodeRecord | undefined>;
  /** Many at once, in a few round trips; what is not there, or is no id, is in neither. */
  getMany(ids: readonly string[]): Promise<FoundNodes>;
  /** The node that a request id made. */
  findByRequestId(requestId: string): Promise<NodeRecord | undefined>;
  /** In order of creation. `limit` 1–1000, default 100. */
  list(filter: NodeFilter, page?: { readonly cursor?: string; readonly limit?: number }): Promise<NodePage>;
  /** A short look at every node of a group that is not DESTROYED, in no order. Costs as much as the group is large. */
  glances(group: string): Promise<Glances>;
  /** Nodes in each state, of one group or role where named, tombstones among them; costs the same however many there are. */
  counts(of?: Pick<NodeFilter, 'group' | 'role'>): Promise<Readonly<Record<NodeState, number>>>;
  /** Of every state that is not the end; costs about the same however many nodes there are. */
  ages(olderThanMs: readonly number[]): Promise<ReadonlyMap<NodeState, StateAge>>;
  /** How long nodes were in the states that they have left. */
  stateTimes(): Promise<Readonly<Partial<Record<NodeState, StateTimes>>>>;
  transition(id: string, request: TransitionRequest): Promise<TransitionResult>;
  /** Checks the state, takes the lease with a new epoch and moves the state, in one step. */
  begin(id: string, request: BeginRequest): Promise<BeginResult>;
  renew(id: string, claim: LeaseClaim, leaseMs: number): Promise<RenewResult>;
  /**
   * Ends a lease early, by its holder or for a holder that is known to be dead. False when it was not that lease. `made` is what the
   * run says of `accounted`; of a dead one nothing is known. A run that ends
   * when the node is not its own any more lowers it.
   */
  release(id: string, claim: LeaseClaim, made?: Accounting): Promise<boolean>;
  /** Writes fields under the epoch’s fence. False when the epoch is stale. */
  patch(id: string, epoch: number, patch: NodePatch): Promise<boolean>;
  /** Marks a FAILED create for another try; refused unless the failure is one of a create. */
  requestRetry(
    id: string,
    by: { readonly actor: Actor; readonly reason?: string },
  ): Promise<TransitionResult>;
  /**
   * Says that the node is being looked after: from now on it counts as unattended anew. `jobId` names the job that drives
   * it, where a producer added one under an id of its own. False for an unknown node.
   */
  attend(id: string, jobId?: string): Promise<boolean>;
  /** The number for the node’s next job; grows with every call. Undefined for an unknown node. */
  nextGeneration(id: string): Promise<number | undefined>;
  /** Adds a line to the node’s history and to the stream without moving it. False for an unknown node. */
  note(id: string, by: { readonly actor: Actor; readonly reason: string }): Promise<boolean>;
  /**
   * Nodes that should have a job or a run and whose lease is not alive; first the one that nobody has attended to for
   * longest. Attention is a change of state, a lease (until it ends or is given back), a job’s generation.
   */
  stranded(limit: number, options?: StrandedOptions): Promise<readonly NodeRecord[]>;
  /** Nodes that are in this state for longer than that and whose lease is not alive; the longest first. `limit` 1–1000. */
  overdue(state: NodeState, olderThanMs: number, limit: number): Promise<readonly NodeRecord[]>;
  /** Nodes whose time to live has ended and whose destruction nobody has asked for; the longest past first. */
  expired(limit: number): Promise<readonly NodeRecord[]>;
  /** Nodes whose time to live ends within that time and that nobody was warned of; the next one first. */
  expiring(limit: number, withinMs: number): Promise<readonly NodeRecord[]>;
  /** Adds the warning to the node’s history, once in its life. False when it was warned of, or has nothing to fear. */
  warnOfExpiry(id: string, by: { readonly actor: Actor; readonly reason: string }): Promise<boolean>;
  /**
   * FAILED nodes whose destruction had been asked for, whatever it was that failed, when their next try is due; the longest
   * past first. See `failedDestroys` of the record.
   */
  destroysToRetry(limit: number): Promise<readonly NodeRecord[]>;
  /**
   * Adds a line to the history of a node whose destruction has failed, for each alarm once: later ones have higher numbers.
   * False when it, or a later one, was raised already, or the destruction is confirmed.
   */
  raiseAlarm(
    id: string,
    by: { readonly alarm: number; readonly actor: Actor; readonly reason: string },
  ): Promise<boolean>;
  /** Destructions that have failed and are not confirmed yet, also while they are tried again; costs the same for any number. */
  failedDestroys(): Promise<FailedDestroysSummary>;
  /** Oldest first; with a limit only the newest. */
  history(id: string, limit?: number): Promise<readonly NodeEvent[]>;
  events(query: EventQuery): Promise<readonly NodeEvent[]>;
  /** Events after a position (not `$`), and whether any before them are missing. `limit` 1–1000, default 100. */
  eventPage(query: Omit<EventQuery, 'blockMs'>): Promise<EventPage>;
  /** Of the newest event, `0` without one: where to begin a tail that misses nothing (`$` may, between two reads). */
  latestPosition(): Promise<string>;
  /** Tombstones older than `olderThanMs`. */
  countTombstones(olderThanMs: number): Promise<number>;
  /** Removes tombstones older than `olderThanMs`, besides the named ones; answers how many. */
  purgeTombstones(
    olderThanMs: number,
    limit: number,
    options?: { readonly except?: readonly string[] },
  ): Promise<number>;
  close(): Promise<void>;
}
