/**
 * The fleet as the commands see it: the port. It is opened on Redis (local-fleet.ts) or on the API of another machine
 * (remote-fleet.ts); what a command prints and how it ends is the same for both, and one contract suite holds them to it.
 */
import type { Changed, Requested, StateWish } from '../../client.js';
import type { Command, Payload } from '../../commands/commands.js';
import type { NodeyardError } from '../../errors.js';
import type { ReconcileReport } from '../../fleet/reconcile.js';
import type { ExplainedGroup } from '../../fleet/scaling/explain.js';
import type { AcceptedChange } from '../../groups/accepted.js';
import type { GroupWish } from '../../groups/config.js';
import type { Group, GroupPage } from '../../groups/groups.js';
import type { GroupHistoryPage } from '../../groups/history.js';
import type { GroupNodes } from '../../groups/standing.js';
import type { NodeState, Operation } from '../../node/lifecycle.js';
import type { NodeEvent, NodeRecord } from '../../node/record.js';
import type { NodeRequest } from '../../node/request.js';
import type { Route } from '../../routing/routing.js';
import type { Run } from '../../runs/runs.js';
import type { StatePage, StateSummary, StoredState } from '../../state/repository.js';
import type { NodeFilter, NodePage } from '../../store/store.js';
import type { WaitOptions } from '../../wait-for-node.js';
import type { Webhooks } from '../../webhooks/webhooks.js';
import type { NodeDetails } from '../node-details.js';

/** Everything throws REDIS_UNAVAILABLE or API_UNAVAILABLE where it cannot be had now, and UNKNOWN_NODE for an id that names none. */
export interface FleetNodes {
  /** Undefined for an id that names none. */
  get(id: string): Promise<NodeRecord | undefined>;
  /** In order of creation; of every state where the filter names none. `limit` 1–1000. */
  list(filter: NodeFilter, page?: { readonly cursor?: string; readonly limit?: number }): Promise<NodePage>;
  counts(): Promise<Readonly<Record<NodeState, number>>>;
  details(id: string): Promise<NodeDetails>;
  /** In the order of the requests: what was made, or why it was not. What is wrong with the inputs is thrown before any is asked for. */
  request(
    requests: readonly NodeRequest[],
  ): Promise<readonly (Requested | { readonly error: NodeyardError })[]>;
  /** Throws INVALID_INPUT for a state that no operator can ask for, WRONG_STATE, ROLE_IS_AUTO, GROUP_CONFLICT. */
  move(id: string, wish: StateWish): Promise<Changed>;
  /** `force`: also a node that scaling decides about. */
  destroy(id: string, wish: { readonly force: boolean }): Promise<NodeRecord>;
  retry(id: string): Promise<NodeRecord>;
  waitFor(id: string, states: readonly NodeState[], options?: WaitOptions): Promise<NodeRecord>;
}

export interface Watching {
  /** Entries after this position come first; only new ones when absent. */
  readonly after: string | undefined;
  /** Ends the sequence, without an error. */
  readonly signal: AbortSignal;
  /** Hears what keeps events from coming, and that they come again. */
  readonly onNote: (text: string) => void;
}

export interface FleetEvents {
  /** Hears every event from now on, as well as it can. Answers the function that ends it. */
  subscribe(listener: (event: NodeEvent) => void): () => void;
  /** Resolves once it listens: what happens from then on is in the sequence. */
  watch(watching: Watching): Promise<AsyncIterable<NodeEvent>>;
}

export interface FleetCommands {
  /** `ttlMs`: what is configured when absent. */
  ask(
    nodeId: string,
    wish: { readonly name: string; readonly payload?: Payload; readonly ttlMs?: number },
  ): Promise<Command>;
  list(nodeId: string): Promise<readonly Command[]>;
}

/** The canonical document, that of an earlier epoch, or one in quarantine. */
export type StatePlace = 'canonical' | `version-${number}` | `quarantined-${number}`;

/** A state without its values. */
export interface ShownState {
  readonly state: StateSummary & {
    readonly serial: number;
    readonly lineage: string;
    readonly terraformVersion: string | null;
  };
  readonly resources: readonly {
    readonly address: string;
    readonly type: string;
    readonly provider: string;
    readonly managed: boolean;
    readonly deposed: boolean;
    readonly status: string | null;
  }[];
}

export interface FleetStates {
  list(page: { readonly cursor?: string; readonly limit: number }): Promise<StatePage>;
  versions(nodeId: string): Promise<readonly StateSummary[]>;
  /** Of one node, or of all. */
  quarantined(nodeId?: string): Promise<readonly StateSummary[]>;
  /** Undefined where there is none. */
  show(nodeId: string, place: StatePlace): Promise<ShownState | undefined>;
  /** With its bytes. */
  load(nodeId: string, place: StatePlace): Promise<StoredState | undefined>;
}

export interface FleetRun extends Pick<Run, 'epoch' | 'operation' | 'runId'> {
  /** It is at work, or waits for recovery. */
  readonly current: boolean;
}

export interface Said {
  /** As Terraform wrote it, secrets taken out. */
  readonly line: string;
  /** The same for people. */
  readonly text: string;
}

export type Hear = (said: Said) => void;

export interface FleetRuns {
  /** Why there is no log of a node that has had `runs` of them, in words: goes on after “no log is kept”. */
  readonly whyNone: (runs: number) => string;
  /** What a person can do who looks for a log that is not there. */
  readonly elsewhere: (nodeId: string) => string;
  /** Oldest first. */
  list(nodeId: string): Promise<readonly FleetRun[]>;
  /** What was said until now: Terraform’s lines, or what it said besides. */
  read(
    nodeId: string,
    run: FleetRun,
    wish: { readonly stream: 'log' | 'stderr'; readonly tail: number | undefined; readonly hear: Hear },
  ): Promise<void>;
  /** Until the run has ended, or the signal fires. */
  follow(
    nodeId: string,
    run: FleetRun,
    wish: { readonly hear: Hear; readonly signal: AbortSignal },
  ): Promise<void>;
}

export interface GroupStanding {
  readonly group: Group;
  readonly nodes: GroupNodes;
}

/** Everything that is done to one group, or asked about it, throws UNKNOWN_GROUP where there is none; GROUP_CONFLICT for one that ends. */
export interface FleetGroups {
  /** In the order of the names. `limit` 1–1000. */
  list(page: { readonly cursor?: string; readonly limit: number }): Promise<GroupPage>;
  /** Undefined where there is none. */
  get(name: string): Promise<GroupStanding | undefined>;
  /** How many nodes it has, those of roles that it does not name among them; none where there is no such group. */
  size(name: string): Promise<number>;
  /**
   * The whole of it, where it is at the `expected` revision, 0 for none; GROUP_CONFLICT otherwise. An API checks stacks and inputs,
   * Redis does not.
   */
  put(wish: GroupWish, expected: number): Promise<AcceptedChange>;
  pause(name: string, isScalingPaused: boolean, reason: string | undefined): Promise<AcceptedChange>;
  /** Its nodes are destroyed, then it is gone; asking again changes nothing. */
  delete(name: string): Promise<AcceptedChange>;
  /** Newest first, for a week also of a group that is gone. */
  history(
    name: string,
    page: { readonly cursor?: string; readonly limit: number },
  ): Promise<GroupHistoryPage>;
  explain(name: string): Promise<ExplainedGroup>;
  /** Also of a group that nobody has configured. `count` 1–100. */
  route(name: string, role: string, count: number): Promise<Route>;
}

export interface Crowd {
  /** Without those that are FAILED, which do nothing. */
  readonly nodes: number;
  readonly max: number;
}

export interface Fleet {
  readonly nodes: FleetNodes;
  readonly groups: FleetGroups;
  readonly events: FleetEvents;
  readonly commands: FleetCommands;
  readonly states: FleetStates;
  readonly runs: FleetRuns;
  readonly webhooks: Webhooks;
  /** What a look at the fleet finds to mend; nothing is touched. */
  look(): Promise<ReconcileReport>;
  /** How many nodes of a role there are or will be, and how many its group allows; undefined where nobody has configured it. */
  crowd(group: string, role: string): Promise<Crowd | undefined>;
  /** Workers that are connected now; undefined where nobody can tell. */
  workersSeen(operation: Operation): Promise<number | undefined>;
  close(): Promise<void>;
}
