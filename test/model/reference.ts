/**
 * The small reference: what the store’s own model (test/store/model.ts) says of each node, asked beside the real one at every
 * write, and what the producers have asked for. It stands behind the gates, where every write has its place in one order.
 */
import type { NodeState } from '../../src/node/lifecycle.js';
import type { StateRepository } from '../../src/state/repository.js';
import type { BeginResult, NodeStore, TransitionResult } from '../../src/store/store.js';
import { NodeModel } from '../store/model.js';

export interface ReferenceNode {
  readonly model: NodeModel;
  /** By epoch: to which holder it was given. */
  readonly grants: Map<number, string>;
  wanted: 'there' | 'gone';
  /** The destruction of the node listed its quarantine last at this write. */
  listedAt: number;
}

/** A document that was taken as the canonical one, and the epoch that was the node’s at that moment. */
export interface CanonicalWrite {
  readonly nodeId: string;
  readonly epoch: number;
  readonly current: number;
}

const verdictOf = (answer: BeginResult | TransitionResult): string => {
  if ('refused' in answer) return answer.refused;
  return 'changed' in answer && !answer.changed ? 'unchanged' : 'done';
};

export class Reference {
  readonly nodes = new Map<string, ReferenceNode>();
  /** What the store said and the reference did not. */
  readonly disagreements: string[] = [];
  readonly canonicalWrites: CanonicalWrite[] = [];
  /** Two holders of one epoch. */
  readonly sharedEpochs: string[] = [];
  /** Nodes in the order in which they were said to be DESTROYED, until somebody has looked. */
  readonly destroyedNow: string[] = [];
  /** By `<node> <epoch>`: the write that brought the quarantined document. */
  readonly quarantinedAt = new Map<string, number>();
  readonly #met: (what: string) => void;
  #writes = 0;

  /** `met` hears of what a walk should not miss. */
  constructor(met: (what: string) => void) {
    this.#met = met;
  }

  /** The store with the reference beside it. `now`: the clock of Redis. */
  beside(store: NodeStore, now: () => number): NodeStore {
    const agree = (id: string, call: string, said: unknown, expected: unknown): void => {
      if (JSON.stringify(said) === JSON.stringify(expected)) return;
      this.disagreements.push(
        `${call} of ${id}: the store says ${String(said)}, the reference ${String(expected)}`,
      );
    };
    return {
      ...store,
      create: async (request, by) => {
        const result = await store.create(request, by);
        if (result.created) this.#born(result.node.id);
        return result;
      },
      begin: async (id, request) => {
        const answer = await store.begin(id, request);
        const node = this.nodes.get(id);
        if (node === undefined) return answer;
        const { operation, holder, leaseMs } = request;
        const before = node.model.state;
        if ('epoch' in answer && before === answer.node.state && node.model.holder !== holder)
          this.#met('takeover');
        if ('refused' in answer) this.#met(`begin refused: ${answer.refused}`);
        agree(
          id,
          `begin ${operation}`,
          verdictOf(answer),
          node.model.begin(now(), operation, holder, leaseMs),
        );
        if ('epoch' in answer) this.#grant(id, node, answer.epoch, holder);
        return answer;
      },
      renew: async (id, claim, leaseMs) => {
        const answer = await store.renew(id, claim, leaseMs);
        const node = this.nodes.get(id);
        if (node !== undefined) {
          agree(id, 'renew', answer.held, node.model.renew(now(), claim.epoch, claim.holder, leaseMs));
        }
        return answer;
      },
      release: async (id, claim, made = {}) => {
        const answer = await store.release(id, claim, made);
        const node = this.nodes.get(id);
        if (node !== undefined) {
          agree(id, 'release', answer, node.model.release(now(), claim.epoch, claim.holder, made));
        }
        return answer;
      },
      patch: async (id, epoch, patch) => {
        const answer = await store.patch(id, epoch, patch);
        const node = this.nodes.get(id);
        if (node !== undefined) {
          agree(id, 'patch', answer, node.model.patch(epoch, patch.attempts ?? node.model.attempts));
        }
        return answer;
      },
      transition: async (id, request) => {
        const answer = await store.transition(id, request);
        const node = this.nodes.get(id);
        if (node === undefined) return answer;
        const { to, actor, epoch, expected, failure } = request;
        const verdict = node.model.transition(to, actor, epoch, failure?.operation ?? 'create', expected);
        agree(id, `transition to ${to}`, verdictOf(answer), verdict);
        if ('refused' in answer) this.#met(`transition refused: ${answer.refused}`);
        else if (answer.changed) this.#moved(id, node, to);
        return answer;
      },
      requestRetry: async (id, by) => {
        const answer = await store.requestRetry(id, by);
        const node = this.nodes.get(id);
        if (node !== undefined) agree(id, 'requestRetry', verdictOf(answer), node.model.requestRetry());
        return answer;
      },
    };
  }

  /** The repository, with an eye on which documents become canonical. */
  besideStates(states: StateRepository): StateRepository {
    return new Proxy(states, {
      get: (target, name) => {
        if (name === 'save') return this.#save(target);
        if (name === 'quarantined') return this.#list(target);
        const method: unknown = Reflect.get(target, name);
        return typeof method === 'function' ? method.bind(target) : method;
      },
    });
  }

  #save(states: StateRepository): StateRepository['save'] {
    return async (nodeId, request) => {
      const result = await states.save(nodeId, request);
      this.#writes += 1;
      const { epoch } = request;
      const current = this.nodes.get(nodeId)?.model.epoch ?? 0;
      this.#met(`state ${result}`);
      if (result === 'canonical') this.canonicalWrites.push({ nodeId, epoch, current });
      if (result === 'quarantined') this.quarantinedAt.set(`${nodeId} ${epoch}`, this.#writes);
      return result;
    };
  }

  #list(states: StateRepository): StateRepository['quarantined'] {
    return async (nodeId) => {
      const summaries = await states.quarantined(nodeId);
      const node = nodeId === undefined ? undefined : this.nodes.get(nodeId);
      if (node?.model.state === 'DESTROYING') node.listedAt = this.#writes;
      return summaries;
    };
  }

  #born(id: string): void {
    this.nodes.set(id, { model: new NodeModel(), grants: new Map(), wanted: 'there', listedAt: 0 });
  }

  #grant(id: string, node: ReferenceNode, epoch: number, holder: string): void {
    const other = node.grants.get(epoch);
    if (other !== undefined && other !== holder) {
      this.sharedEpochs.push(`epoch ${epoch} of ${id} was given to ${other} and to ${holder}`);
    }
    node.grants.set(epoch, holder);
  }

  #moved(id: string, node: ReferenceNode, to: NodeState): void {
    this.#met(`became ${to}`);
    if (to === 'DESTRUCTION_REQUESTED') node.wanted = 'gone';
    // An operator, or the node itself, has taken it back.
    if (to === 'INSERVICE' || to === 'SOFT_SUNSET') node.wanted = 'there';
    if (to === 'DESTROYED') this.destroyedNow.push(id);
  }
}
