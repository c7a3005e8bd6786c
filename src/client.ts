/**
 * What a producer does: ask for a node, ask for its destruction, wait for either; and what an operator does besides. Intent
 * is stored before the job is added; should the process die in between, or Redis go away, the reconciler adds the job.
 */
import { randomInt } from 'node:crypto';
import { NodeyardError } from './errors.js';
import type { Groups } from './groups/groups.js';
import { refuseAgainstScaling } from './groups/hand.js';
import { checkAskedState } from './node/asked-state.js';
import type { Fence } from './node/fence.js';
import type { Actor, NodeState, Operation } from './node/lifecycle.js';
import { parseInput } from './node/problems.js';
import type { Failure, NodeRecord } from './node/record.js';
import { type NodeRequest, nodeRequestSchema, type ValidNodeRequest } from './node/request.js';
import { unknownNode } from './node/unknown-node.js';
import type { JobQueues } from './queue/jobs.js';
import type { NodeStore, TransitionResult } from './store/store.js';
import type { EventTail } from './store/tail.js';
import { noTracing, type Tracing } from './tracing/tracing.js';
import { type WaitOptions, waitForNode } from './wait-for-node.js';

export interface Requested {
  readonly node: NodeRecord;
  /** False when the same request had made the node before. */
  readonly created: boolean;
}

export interface Changed {
  readonly node: NodeRecord;
  /** False when the node was there already, or on its way. */
  readonly changed: boolean;
}

export interface By {
  /** What it was decided from, where that may have changed: then GROUP_CONFLICT. */
  readonly fences?: readonly Fence[];
  /** `producer` when absent. */
  readonly actor?: Actor;
  readonly reason?: string;
}

export interface DoomWish extends By {
  /** Only from one of these states. */
  readonly expected?: readonly NodeState[];
  /** Also a node of a role that scaling decides about, which makes another one in its place. */
  readonly force?: boolean;
}

export interface StateWish {
  readonly to: NodeState;
  /** Only from one of these states. */
  readonly expected?: readonly NodeState[];
  readonly reason?: string;
}

const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 10;

/** Ten lower-case letters and digits, beginning with a letter: 2.6·10^15 ids. */
export function newNodeId(): string {
  const letter = (limit: number): string => ID_ALPHABET.charAt(randomInt(limit));
  return letter(26) + Array.from({ length: ID_LENGTH - 1 }, () => letter(ID_ALPHABET.length)).join('');
}

export class NodeyardClient {
  readonly #store: NodeStore;
  readonly #queues: Pick<JobQueues, 'add'>;
  readonly #tail: Pick<EventTail, 'subscribe'>;
  readonly #tracing: Pick<Tracing, 'span'>;
  readonly #groups: Pick<Groups, 'get'> | undefined;

  constructor(parts: {
    readonly store: NodeStore;
    readonly queues: Pick<JobQueues, 'add'>;
    readonly tail: Pick<EventTail, 'subscribe'>;
    readonly tracing?: Pick<Tracing, 'span'>;
    /** What people may do to nodes depends on them; undefined where nobody configures groups. */
    readonly groups: Pick<Groups, 'get'> | undefined;
  }) {
    this.#store = parts.store;
    this.#queues = parts.queues;
    this.#tail = parts.tail;
    this.#tracing = parts.tracing ?? noTracing;
    this.#groups = parts.groups;
  }

  /**
   * Asks for a node. The same `requestId` (or the same `id`) with the same content makes one node however often it is
   * sent. Throws INVALID_INPUT (field named), REQUEST_CONFLICT, ROLE_IS_AUTO (a person asks for a node of a role that scaling
   * decides about), GROUP_CONFLICT, REDIS_UNAVAILABLE.
   */
  async requestNode(request: NodeRequest, by: By = {}): Promise<Requested> {
    const valid = parseInput(nodeRequestSchema, request);
    if (this.#groups !== undefined && isByHand(by.actor)) {
      await refuseAgainstScaling(this.#groups, valid, 'request').catch(async (refusal: unknown) => {
        // The same request again is an answer, whoever decides about its role by now.
        if (!(await this.#isThere(valid))) throw refusal;
      });
    }
    const facts = { operation: 'create', stack: valid.stack };
    return this.#tracing.span('request', facts, async (span) => {
      const result = await this.#store.create(
        { ...valid, id: valid.id ?? newNodeId() },
        {
          actor: by.actor ?? 'producer',
          ...(by.reason === undefined ? {} : { reason: by.reason }),
          ...(by.fences === undefined ? {} : { fences: by.fences }),
        },
      );
      span.note({ nodeId: result.node.id });
      if (result.created) await this.#enqueue('create', result.node.id);
      return result;
    });
  }

  /**
   * Asks for a node’s destruction, in whatever state it is; asking again changes nothing. A FAILED destroy is tried
   * again. Throws UNKNOWN_NODE, WRONG_STATE (`expected` was not met), ROLE_IS_AUTO (a person asks for the end of a node that scaling
   * decides about, that is not FAILED, and without `force`), REDIS_UNAVAILABLE.
   */
  async requestDestruction(nodeId: string, by: DoomWish = {}): Promise<NodeRecord> {
    return (await this.doom(nodeId, by)).node;
  }

  /**
   * Stops a create that waits or is at work: what it has made is destroyed. Asking again changes nothing. Throws
   * UNKNOWN_NODE, WRONG_STATE once the node is created or FAILED, ROLE_IS_AUTO as a destruction, REDIS_UNAVAILABLE.
   */
  cancel(nodeId: string, by: By & Pick<DoomWish, 'force'> = {}): Promise<Changed> {
    return this.doom(nodeId, { actor: 'operator', ...by, expected: CANCELLABLE });
  }

  /**
   * Moves a node as an operator may, by compare-and-set: only from one of the `expected` states, where they are given. A
   * node that is in `to` already stays as it is. Throws INVALID_INPUT for a state that no operator can ask for, UNKNOWN_NODE,
   * WRONG_STATE, ROLE_IS_AUTO and GROUP_CONFLICT (the node is not in people’s hand), REDIS_UNAVAILABLE.
   */
  async changeState(nodeId: string, { to, expected, reason }: StateWish): Promise<Changed> {
    const actor = 'operator';
    const by = {
      actor,
      ...(reason === undefined ? {} : { reason }),
      ...(expected === undefined ? {} : { expected }),
    } as const;
    if (to === 'DESTRUCTION_REQUESTED') return this.doom(nodeId, by);
    checkAskedState(to);
    if (this.#groups !== undefined) {
      const node = await this.get(nodeId);
      if (node.state === to) return { node, changed: false };
      await refuseAgainstScaling(this.#groups, node, 'move');
    }
    const failure = to === 'FAILED' ? { failure: faultOf(reason) } : {};
    const result = await this.#store.transition(nodeId, { to, ...by, ...failure });
    if ('refused' in result && result.refused === 'wrong-state' && result.node.state === to) {
      return { node: result.node, changed: false };
    }
    return accepted(nodeId, result);
  }

  /** As `requestDestruction`, and whether anything has changed by it. */
  async doom(nodeId: string, by: DoomWish = {}): Promise<Changed> {
    const { actor = 'producer', force = false } = by;
    if (this.#groups !== undefined && !force && isByHand(actor)) {
      const node = await this.get(nodeId);
      // A FAILED node works no more, and scaling would end it as well.
      if (!ENDING.has(node.state)) await refuseAgainstScaling(this.#groups, node, 'destroy');
    }
    return this.#tracing.span('request', { operation: 'destroy', nodeId }, async () => {
      const result = await this.#store.transition(nodeId, {
        to: 'DESTRUCTION_REQUESTED',
        actor,
        ...(by.reason === undefined ? {} : { reason: by.reason }),
        ...(by.expected === undefined ? {} : { expected: by.expected }),
        ...(by.fences === undefined ? {} : { fences: by.fences }),
      });
      if ('refused' in result && result.refused === 'wrong-state' && result.node.state === 'DESTROYED')
        return { node: result.node, changed: false };
      const { node, changed } = accepted(nodeId, result);
      if (changed) await this.#enqueue('destroy', nodeId);
      return { node, changed };
    });
  }

  /** Tries a FAILED create or destroy again; asking again changes nothing. Throws UNKNOWN_NODE, WRONG_STATE. */
  async retry(nodeId: string, by: By = {}): Promise<NodeRecord> {
    const node = await this.get(nodeId);
    if (node.state !== 'FAILED') {
      throw new NodeyardError(
        'WRONG_STATE',
        `node ${nodeId} is ${node.state}; only a FAILED node can be retried`,
      );
    }
    const actor = by.actor ?? 'operator';
    switch (node.failure?.operation) {
      case 'create': {
        const reason = by.reason === undefined ? {} : { reason: by.reason };
        return this.#tracing.span('request', { operation: 'create', nodeId }, async () => {
          const retried = accepted(nodeId, await this.#store.requestRetry(nodeId, { actor, ...reason }));
          if (retried.changed) await this.#enqueue('create', nodeId);
          return retried.node;
        });
      }
      case 'destroy':
        return this.requestDestruction(nodeId, { ...by, actor, expected: ['FAILED'] });
      default:
        // It exists and works no more: to try "it" again would mean to destroy it, and nobody has said so.
        throw new NodeyardError(
          'WRONG_STATE',
          `node ${nodeId} is FAILED by its ${node.failure?.operation}, which no run can try again; reinstate or destroy it`,
        );
    }
  }

  /** Throws UNKNOWN_NODE. */
  async get(nodeId: string): Promise<NodeRecord> {
    const node = await this.#store.get(nodeId);
    if (node === undefined) throw unknownNode(nodeId);
    return node;
  }

  /**
   * Waits until the node is in one of `states`. Ends early, with the record, when it can no longer get there by itself:
   * FAILED, or DESTROYED. Throws UNKNOWN_NODE, TIMED_OUT, or the signal’s reason.
   */
  async waitFor(
    nodeId: string,
    states: readonly NodeState[],
    options: WaitOptions = {},
  ): Promise<NodeRecord> {
    const get = (id: string): Promise<NodeRecord> => this.get(id);
    return waitForNode({ get, subscribe: (hear) => this.#tail.subscribe(hear) }, nodeId, states, options);
  }

  async #isThere({ id, requestId }: ValidNodeRequest): Promise<boolean> {
    if (requestId !== undefined && (await this.#store.findByRequestId(requestId)) !== undefined) return true;
    return id !== undefined && (await this.#store.get(id)) !== undefined;
  }

  /**
   * The intent is on record, so what was asked for will be done: a Redis that goes away between the two makes it later, not
   * undone, and an error here would say that nothing had happened.
   */
  async #enqueue(operation: Operation, nodeId: string): Promise<void> {
    try {
      const generation = await this.#store.nextGeneration(nodeId);
      if (generation !== undefined) await this.#queues.add(operation, nodeId, generation);
    } catch (error) {
      if (!(error instanceof NodeyardError) || error.code !== 'REDIS_UNAVAILABLE') throw error;
    }
  }
}

/** Only people are refused; `producer` is whoever says nothing else. */
const isByHand = (actor: Actor = 'producer'): boolean => actor === 'producer' || actor === 'operator';
/** Its end is on the way, or nothing would be lost by it. */
const ENDING: ReadonlySet<NodeState> = new Set([
  'FAILED',
  'DESTRUCTION_REQUESTED',
  'DESTROYING',
  'DESTROYED',
]);

/** Where a create waits or is at work. */
const CANCELLABLE: readonly NodeState[] = ['REQUESTED', 'CREATING'];

/** What an operator’s word makes of a node that the machinery finds sound. */
const faultOf = (reason = 'an operator said so'): Omit<Failure, 'at'> => ({
  operation: 'health',
  code: 'FAULT',
  message: reason,
  diagnostics: [],
  retryable: false,
  attempts: 0,
});

function accepted(nodeId: string, result: TransitionResult): { node: NodeRecord; changed: boolean } {
  if (!('refused' in result)) return result;
  if (result.refused === 'unknown-node') throw unknownNode(nodeId);
  if (result.refused === 'fenced-off')
    throw new NodeyardError(
      'GROUP_CONFLICT',
      `the group of node ${nodeId} has changed since this was decided`,
    );
  throw new NodeyardError('WRONG_STATE', `node ${nodeId} is ${result.node.state}, which does not allow this`);
}
