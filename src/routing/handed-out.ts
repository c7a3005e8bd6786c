/**
 * What this process has just handed out and no heartbeat tells yet: without it, all who ask between two heartbeats of a node would get the same
 * one. A heartbeat settles what was handed out a moment before it; of a node that sends none it is forgotten after a while.
 */

/** A client needs a moment from the answer to its connection. */
const SETTLES_MS = 1_000;
const FORGOTTEN_MS = 30_000;
/** What is handed out within so long is one entry. */
const TOGETHER_MS = 250;

interface Entry {
  readonly at: number;
  count: number;
}

export class HandedOut {
  readonly #entries = new Map<string, Entry[]>();

  note(nodeId: string, at: number): void {
    const entries = this.#entries.get(nodeId) ?? [];
    const last = entries.at(-1);
    if (last !== undefined && at - last.at < TOGETHER_MS) last.count += 1;
    else entries.push({ at, count: 1 });
    this.#entries.set(nodeId, entries);
  }

  takeBack(nodeId: string): void {
    const last = this.#entries.get(nodeId)?.findLast(({ count }) => count > 0);
    if (last !== undefined) last.count -= 1;
  }

  /** How many of a node are not settled; forgets the others. */
  unsettled(nodeId: string, now: number, heardAt: number | undefined): number {
    const since = Math.max(now - FORGOTTEN_MS, heardAt === undefined ? 0 : heardAt - SETTLES_MS);
    const entries = (this.#entries.get(nodeId) ?? []).filter(({ at, count }) => at > since && count > 0);
    if (entries.length === 0) this.#entries.delete(nodeId);
    else this.#entries.set(nodeId, entries);
    return entries.reduce((sum, { count }) => sum + count, 0);
  }

  /** Forgets all nodes but these. */
  keep(nodeIds: ReadonlySet<string>): void {
    for (const nodeId of [...this.#entries.keys()]) if (!nodeIds.has(nodeId)) this.#entries.delete(nodeId);
  }
}
