/** Asks the inventories, each at most once in so long, and goes on without one that cannot answer. */
import type { Log } from '../../log.js';
import type { KnownPlace } from '../inventories.js';
import type { AskedPlace, Listing, Survey } from './context.js';

export interface InventoriesParts {
  readonly places: () => Promise<readonly KnownPlace[]>;
  readonly intervalMs: number;
  /** Milliseconds, never going back. */
  readonly monotonic: () => number;
  readonly log: Log;
}

export function createInventories({ places, intervalMs, monotonic, log }: InventoriesParts): {
  list(): Promise<Survey>;
} {
  const askedAt = new Map<string, number>();

  const isDue = ({ stack, place }: KnownPlace): boolean => {
    const key = `${stack} ${place}`;
    if (monotonic() - (askedAt.get(key) ?? Number.NEGATIVE_INFINITY) < intervalMs) return false;
    askedAt.set(key, monotonic());
    return true;
  };
  const open = async (known: KnownPlace): Promise<Opened> => {
    const { stack, place } = known;
    try {
      return { place: { stack, place }, inventory: await known.open() };
    } catch (error) {
      return { place: { stack, place, problem: messageOf(error) } };
    }
  };
  const list = async ({ place, inventory }: Opened): Promise<Answer> => {
    if (inventory === undefined) return { asked: place };
    const { name } = inventory;
    try {
      const items = await inventory.list();
      return { asked: { ...place, name, resources: items.length }, listing: { inventory, items } };
    } catch (error) {
      return { asked: { ...place, name, problem: messageOf(error) } };
    }
  };

  return {
    async list() {
      const due = (await places()).filter(isDue);
      const answers = await Promise.all(eachOnce(await Promise.all(due.map(open))).map(list));
      for (const { asked } of answers) {
        // Nothing is concluded from an inventory that does not answer.
        if (asked.problem !== undefined) log.warn({ ...asked }, 'inventory not read; asked again later');
      }
      return {
        asked: answers.map(({ asked }) => asked),
        listings: answers.flatMap(({ listing }) => (listing === undefined ? [] : [listing])),
      };
    },
  };
}

interface Opened {
  readonly place: AskedPlace;
  readonly inventory?: Listing['inventory'];
}

interface Answer {
  readonly asked: AskedPlace;
  readonly listing?: Listing;
}

/** Two stacks may know one place: it has one name, and is asked once. */
function eachOnce(all: readonly Opened[]): readonly Opened[] {
  const names = new Set<string>();
  return all.filter(({ inventory }) => {
    if (inventory === undefined) return true;
    if (names.has(inventory.name)) return false;
    names.add(inventory.name);
    return true;
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
