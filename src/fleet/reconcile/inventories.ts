/** Asks the inventories, each at most once in so long, and goes on without one that cannot answer. */
import type { Log } from '../../log.js';
import type { Inventory } from '../inventory.js';
import type { Listing } from './context.js';

export interface InventoriesParts {
  readonly inventories: readonly Inventory[];
  readonly intervalMs: number;
  /** Milliseconds, never going back. */
  readonly monotonic: () => number;
  readonly log: Log;
}

export function createInventories({ inventories, intervalMs, monotonic, log }: InventoriesParts): {
  list(): Promise<readonly Listing[]>;
} {
  const askedAt = new Map<string, number>();
  const ask = async (inventory: Inventory): Promise<readonly Listing[]> => {
    if (monotonic() - (askedAt.get(inventory.name) ?? Number.NEGATIVE_INFINITY) < intervalMs) return [];
    askedAt.set(inventory.name, monotonic());
    try {
      return [{ inventory, items: await inventory.list() }];
    } catch (error) {
      // Nothing is concluded from an inventory that does not answer.
      log.warn({ inventory: inventory.name, error: String(error) }, 'inventory not read; asked again later');
      return [];
    }
  };
  return { list: async () => (await Promise.all(inventories.map(ask))).flat() };
}
