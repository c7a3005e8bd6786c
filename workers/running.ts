/**
 * The operations at work in this process, one per node at most. BullMQ may deliver a job again while its first delivery
 * still runs here (its lock was lost while Redis was away), and a destroy may come for a node whose create runs here:
 * both wait for the end of what runs instead of running into its lease.
 */
import type { Operation } from '../src/node/lifecycle.js';
import type { StopReason } from '../src/operations/run-stop.js';

export interface Stoppable {
  stop(reason: StopReason): void;
}

interface Entry {
  readonly operation: Operation;
  readonly ended: Promise<void>;
  target: Stoppable | undefined;
  reason: StopReason | undefined;
}

export class RunningOperations {
  readonly #entries = new Map<string, Entry>();
  #closing: StopReason | undefined;

  /** The node’s operation here, if one runs, and its end. */
  find(nodeId: string): { readonly operation: Operation; readonly ended: Promise<void> } | undefined {
    return this.#entries.get(nodeId);
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Registers an operation while `work` lasts. `work` hands over what can be stopped as soon as it exists. Throws where one
   * of the node is at work already: the caller has to wait for its end.
   */
  async run<T>(
    nodeId: string,
    operation: Operation,
    work: (started: (target: Stoppable) => void) => Promise<T>,
  ): Promise<T> {
    if (this.#entries.has(nodeId)) throw new Error(`an operation of ${nodeId} is at work in this process`);
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const entry: Entry = { operation, ended, target: undefined, reason: this.#closing };
    this.#entries.set(nodeId, entry);
    try {
      return await work((target) => {
        entry.target = target;
        if (entry.reason !== undefined) target.stop(entry.reason);
      });
    } finally {
      this.#entries.delete(nodeId);
      end();
    }
  }

  /** Stops the node’s operation; also one that has not begun its run yet. */
  stop(nodeId: string, reason: StopReason): void {
    const entry = this.#entries.get(nodeId);
    if (entry === undefined) return;
    entry.reason ??= reason;
    entry.target?.stop(reason);
  }

  /** Stops all, and everything that comes later. */
  stopAll(reason: StopReason): void {
    this.#closing = reason;
    for (const nodeId of [...this.#entries.keys()]) this.stop(nodeId, reason);
  }

  /** When nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#entries.size > 0) await Promise.all([...this.#entries.values()].map((entry) => entry.ended));
  }
}
