/**
 * The demonstration: nodes asked for through the queue, created, called, destroyed, and looked for afterwards. Whatever
 * goes wrong on the way, what was made is destroyed.
 */
import { randomBytes } from 'node:crypto';
import type { App } from '../../app.js';
import { newNodeId } from '../../client.js';
import { NodeyardError } from '../../errors.js';
import { CREATED_STATES, type NodeState } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import { ownerOf, type ProcessOwner } from '../../state/owner.js';
import { concurrently } from '../concurrently.js';
import { failureLine } from '../node-view.js';
import { problemOf } from './health.js';

export interface DemonstrationRequest {
  readonly nodes: number;
  readonly stack: string;
  /** For all creates together, and again for all destroys. */
  readonly timeoutMs: number;
  /** Fires when the user wants an end: what was made is destroyed then. */
  readonly signal: AbortSignal;
  /** Hears what is being done, in words. */
  readonly onStep: (text: string) => void;
}

export interface Demonstrated {
  readonly ids: readonly string[];
  readonly created: number;
  readonly destroyed: number;
  /** What went wrong, in words; empty when all went well. */
  readonly problems: readonly string[];
  /** The nodes’ processes as they were seen alive. */
  readonly processes: ReadonlyMap<string, ProcessOwner>;
}

const AT_ONCE = 16;

export const demoGroup = (): string => `demo-${randomBytes(3).toString('hex')}`;

export async function demonstrate(
  app: App,
  group: string,
  request: DemonstrationRequest,
): Promise<Demonstrated> {
  const demonstration = new Demonstration(app, group, request);
  const created = await demonstration.create();
  await demonstration.call(created);
  const destroyed = await demonstration.destroy();
  const { ids, problems, processes } = demonstration;
  return { ids, created: created.length, destroyed, problems, processes };
}

class Demonstration {
  /** Chosen here, so that a node whose request’s answer got lost is destroyed as well. */
  readonly ids: readonly string[];
  readonly problems: string[] = [];
  readonly processes = new Map<string, ProcessOwner>();
  readonly #app: App;
  readonly #group: string;
  readonly #request: DemonstrationRequest;

  constructor(app: App, group: string, request: DemonstrationRequest) {
    this.ids = Array.from({ length: request.nodes }, newNodeId);
    this.#app = app;
    this.#group = group;
    this.#request = request;
  }

  /** Answers the nodes that were created. */
  async create(): Promise<readonly NodeRecord[]> {
    const { stack, signal, timeoutMs, onStep } = this.#request;
    onStep(`asking for ${counted(this.ids.length)} of ${stack} in group ${this.#group}`);
    const deadline = performance.now() + timeoutMs;
    const nodes = await this.#each(this.ids.length, async (id) => {
      signal.throwIfAborted();
      await this.#app.client.requestNode({ id, group: this.#group, role: 'node', stack });
      return this.#app.client.waitFor(id, CREATED_STATES, {
        timeoutMs: deadline - performance.now(),
        signal,
      });
    });
    return nodes.filter((node) => this.#reached(node, CREATED_STATES));
  }

  /** Asks every node whether it is well. Only local nodes have an address to ask at. */
  async call(nodes: readonly NodeRecord[]): Promise<void> {
    for (const { id, outputs } of nodes) {
      const pid = outputs?.['pid'];
      const owner = Number.isSafeInteger(pid) ? ownerOf(Number(pid)) : undefined;
      if (owner !== undefined) this.processes.set(id, owner);
    }
    if (this.#request.stack !== 'local-node' || nodes.length === 0) return;
    this.#request.onStep(`calling ${counted(nodes.length)}`);
    await concurrently(nodes, AT_ONCE, async (node) => {
      const problem = await problemOf(node);
      if (problem !== undefined) this.problems.push(`${node.id}: ${problem}`);
    });
  }

  /** Answers how many were destroyed. A node that was never recorded needs no end. */
  async destroy(): Promise<number> {
    const { timeoutMs, onStep } = this.#request;
    onStep(`destroying ${counted(this.ids.length)}`);
    const deadline = performance.now() + timeoutMs;
    const nodes = await this.#each(this.ids.length, async (id) => {
      await this.#app.client.requestDestruction(id, { reason: 'end of the demonstration' });
      return this.#app.client.waitFor(id, ['DESTROYED'], { timeoutMs: deadline - performance.now() });
    });
    return nodes.filter((node) => this.#reached(node, ['DESTROYED'])).length;
  }

  /** Does it for every id and notes what goes wrong; answers the nodes for which it went well. */
  async #each(atOnce: number, work: (id: string) => Promise<NodeRecord>): Promise<NodeRecord[]> {
    const answers = await concurrently(this.ids, atOnce, async (id) => {
      try {
        return await work(id);
      } catch (error) {
        const unrecorded = error instanceof NodeyardError && error.code === 'UNKNOWN_NODE';
        const interrupted = this.#request.signal.aborted && error === this.#request.signal.reason;
        if (!unrecorded && !interrupted) this.problems.push(`${id}: ${messageOf(error)}`);
        return undefined;
      }
    });
    return answers.filter((node) => node !== undefined);
  }

  #reached(node: NodeRecord, states: readonly NodeState[]): boolean {
    if (states.includes(node.state)) return true;
    const why = node.failure === undefined ? '' : ` (${failureLine(node.failure)})`;
    this.problems.push(`${node.id} is ${node.state}${why}`);
    return false;
  }
}

const counted = (nodes: number): string => `${nodes} node${nodes === 1 ? '' : 's'}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
