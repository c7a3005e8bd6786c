/**
 * The producer: asks for the planned nodes, through the client or by plain BullMQ jobs, asks for destructions, some of them
 * in the middle of a create and some twice, retries failed creates, and adds more jobs for what has its job already. Where Redis is
 * away it asks again until it has been heard, as whoever wants a node does.
 */
import { setMaxListeners } from 'node:events';
import type { Queue } from 'bullmq';
import type { NodeyardClient } from '../../src/client.js';
import { NodeyardError } from '../../src/errors.js';
import type { NodeState, Operation } from '../../src/node/lifecycle.js';
import type { NodeRequest } from '../../src/node/request.js';
import { isUnavailable } from '../../src/redis-errors.js';
import type { EventTail } from '../../src/store/tail.js';
import type { PlannedNode } from './plan/nodes.js';
import { insist, wait } from './waiting.js';

export interface ProducerParts {
  readonly client: NodeyardClient;
  readonly tail: EventTail;
  /** As any producer would open them. */
  readonly queues: Readonly<Record<Operation, Queue>>;
}

/** What became of the asking: `life` or `destruction`, once it has been heard. */
export type Asked = 'life' | 'destruction';

/** Events may be missed while Redis is away; this often the node itself is looked at. */
const LOOK_MS = 3_000;
const RETRY_LOOK_MS = 1_000;

const ORDER: readonly NodeState[] = ['REQUESTED', 'CREATING', 'CREATED'];
const ONCE: Readonly<Record<'requested' | 'creating' | 'created', NodeState>> = {
  requested: 'REQUESTED',
  creating: 'CREATING',
  created: 'CREATED',
};

export class Producer {
  readonly #parts: ProducerParts;
  readonly #asked = new Map<string, Asked>();
  readonly #duties: Promise<void>[] = [];
  /** Ends only the insisting of a run that is given up. */
  readonly #abandoned: AbortSignal;
  retries = 0;
  duplicates = 0;

  constructor(parts: ProducerParts, abandoned: AbortSignal) {
    this.#parts = parts;
    this.#abandoned = abandoned;
    setMaxListeners(0, abandoned);
  }

  /** Nodes that were asked for, and what was asked for last. */
  get asked(): ReadonlyMap<string, Asked> {
    return this.#asked;
  }

  /** Follows the plan until the attack ends; what is still owed then is done by `finish`. */
  async produce(nodes: readonly PlannedNode[], ending: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    await Promise.all(
      nodes.map(async (node) => {
        await wait(node.atMs - (performance.now() - startedAt), ending);
        await this.#request(node);
        this.#later(node.moreCreates, ending, () => this.#add('create', node.id));
        await this.#attend(node, ending);
      }),
    );
  }

  /** Asks for every destruction that is still owed, and waits until everything asked has been heard. */
  async finish(nodes: readonly PlannedNode[]): Promise<void> {
    const never = new AbortController().signal;
    setMaxListeners(0, never);
    await Promise.all(
      nodes.filter(({ destroy }) => destroy !== undefined).map((node) => this.#destroy(node, never)),
    );
    await Promise.all(this.#duties);
  }

  /** Retries the failed creates of nodes that are to live, again and again, until `quiet`. */
  async retryFailed(quiet: AbortSignal): Promise<void> {
    while (!quiet.aborted) {
      for (const [id, asked] of this.#asked) if (asked === 'life') await this.#retry(id, quiet);
      await wait(RETRY_LOOK_MS, quiet);
    }
  }

  async #request(node: PlannedNode): Promise<void> {
    const request: NodeRequest = {
      id: node.id,
      group: 'chaos',
      role: 'victim',
      stack: 'aws-node',
      inputs: node.inputs as NodeRequest['inputs'],
    };
    await this.#insist(async () => {
      if (node.by === 'client') await this.#parts.client.requestNode(request);
      else await this.#parts.queues.create.add('create', { v: 1, node: request });
    });
    this.#asked.set(node.id, 'life');
  }

  /** Waits for the moments of the plan in the node’s life. */
  async #attend(node: PlannedNode, ending: AbortSignal): Promise<void> {
    const { destroy, retryAfterMs } = node;
    const moment = destroy === undefined || destroy.once === 'end' ? undefined : ONCE[destroy.once];
    for await (const state of this.#states(node.id, ending)) {
      if (state === 'FAILED' && (await wait(retryAfterMs, ending))) await this.#retry(node.id, ending);
      if (moment === undefined || !hasReached(state, moment)) continue;
      if (await wait(destroy?.afterMs ?? 0, ending)) await this.#destroy(node, ending);
      return;
    }
  }

  async #destroy(node: PlannedNode, ending: AbortSignal): Promise<void> {
    const { id, destroy, moreDestroys } = node;
    const ask = () => this.#insist(() => this.#parts.client.requestDestruction(id), ['UNKNOWN_NODE']);
    if (this.#asked.get(id) === 'destruction') return;
    await ask();
    this.#asked.set(id, 'destruction');
    if (destroy?.againAfterMs !== undefined) {
      this.#later([destroy.againAfterMs], ending, async () => void (await ask()));
    }
    this.#later(moreDestroys, ending, () => this.#add('destroy', id));
  }

  async #retry(id: string, signal: AbortSignal): Promise<void> {
    try {
      const node = await this.#parts.client.get(id);
      if (node.state !== 'FAILED' || node.failure?.operation !== 'create' || node.retryRequested) return;
      await this.#parts.client.retry(id);
      this.retries += 1;
    } catch (error) {
      // It has moved meanwhile, or nobody answers; it is looked at again.
      if (!signal.aborted && !isForgiven(error, ['WRONG_STATE', 'UNKNOWN_NODE'])) throw error;
    }
  }

  async #add(operation: Operation, nodeId: string): Promise<void> {
    await this.#insist(() => this.#parts.queues[operation].add(operation, { v: 1, nodeId }));
    this.duplicates += 1;
  }

  /** Does something at later times, beside everything else; not any more once the attack has ended. */
  #later(delays: readonly number[], ending: AbortSignal, duty: () => Promise<void>): void {
    for (const delay of delays) {
      this.#duties.push(wait(delay, ending).then((there) => (there ? duty() : undefined)));
    }
  }

  async #insist(attempt: () => Promise<unknown>, also: readonly string[] = []): Promise<void> {
    await insist(attempt, { signal: this.#abandoned, forgive: (error) => isForgiven(error, also) });
  }

  /** Each state that the node is seen in, until the signal. */
  async *#states(id: string, signal: AbortSignal): AsyncGenerator<NodeState> {
    let wake = new AbortController();
    const unsubscribe = this.#parts.tail.subscribe(({ nodeId }) => {
      if (nodeId === id) wake.abort();
    });
    const onAbort = (): void => wake.abort();
    signal.addEventListener('abort', onAbort);
    let last: string | undefined;
    try {
      while (!signal.aborted) {
        wake = new AbortController();
        const node = await this.#parts.client.get(id).catch(() => undefined);
        const now = node && `${node.state} ${node.since}`;
        if (node !== undefined && now !== last) {
          last = now;
          yield node.state;
        } else await wait(LOOK_MS, wake.signal);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      unsubscribe();
    }
  }
}

const hasReached = (state: NodeState, moment: NodeState): boolean =>
  ORDER.indexOf(state) >= ORDER.indexOf(moment);

/** A connection that is cut under a command says so in many ways. */
function isForgiven(error: unknown, codes: readonly string[]): boolean {
  if (error instanceof NodeyardError) return error.code === 'REDIS_UNAVAILABLE' || codes.includes(error.code);
  return error instanceof Error && isUnavailable(error);
}
