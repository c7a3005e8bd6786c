/** The nodes that `watch` shows, kept up to date by events: the latest change on top. */
import type { NodeState } from '../node/lifecycle.js';
import { NODE_STATES } from '../node/lifecycle.js';
import type { NodeRecord } from '../node/record.js';
import type { NodeFilter, NodeStore } from '../store/store.js';
import { nodeTable, paintState } from './node-view.js';
import type { Output } from './output.js';

/** More than a terminal shows; beyond it, events bring in what moves. */
const FIRST_LOOK = 200;
const LIVE: readonly NodeState[] = NODE_STATES.filter((state) => state !== 'DESTROYED');

export interface BoardSelection {
  /** Empty: all that the filter chooses. */
  readonly ids: ReadonlySet<string>;
  readonly filter: Pick<NodeFilter, 'group' | 'role'>;
}

export class NodeBoard {
  readonly #store: Pick<NodeStore, 'get' | 'list' | 'counts'>;
  readonly #selection: BoardSelection;
  readonly #nodes = new Map<string, NodeRecord>();

  constructor(store: Pick<NodeStore, 'get' | 'list' | 'counts'>, selection: BoardSelection) {
    this.#store = store;
    this.#selection = selection;
  }

  async load(): Promise<void> {
    const { ids, filter } = this.#selection;
    if (ids.size > 0) {
      await Promise.all([...ids].map((id) => this.look(id)));
      return;
    }
    const { nodes } = await this.#store.list({ ...filter, state: LIVE }, { limit: FIRST_LOOK });
    for (const node of nodes) this.#nodes.set(node.id, node);
  }

  /** Reads one node anew. A destroyed one stays on the board, so that its end is seen. */
  async look(id: string): Promise<void> {
    const node = await this.#store.get(id);
    if (node === undefined) this.#nodes.delete(id);
    else this.#nodes.set(id, node);
  }

  /** Reads the nodes anew whose progress moves without events. */
  async lookAtWork(most: number): Promise<void> {
    const atWork = this.#newest(most).filter((node) => node.lease !== undefined);
    await Promise.all(atWork.map((node) => this.look(node.id)));
  }

  async lines(output: Output, now: number): Promise<string[]> {
    const room = Math.max(1, output.screen.rows - 4);
    const counts = await this.#store.counts();
    const counted = NODE_STATES.filter((state) => counts[state] > 0).map(
      (state) => `${counts[state]} ${paintState(output, state)}`,
    );
    const shown = this.#newest(room);
    return [
      counted.length === 0 ? 'no nodes' : counted.join('  '),
      '',
      ...(shown.length === 0 ? [] : nodeTable(output, shown, now).split('\n')),
    ];
  }

  #newest(most: number): readonly NodeRecord[] {
    return [...this.#nodes.values()].sort((a, b) => b.since - a.since).slice(0, most);
  }
}
