/**
 * The inventories of the stacks. Each place is opened when it is first asked for, once; an opening that fails is tried again. Which
 * places there are says Redis, so that every worker asks wherever any worker has ever made a node.
 */
import { z } from 'zod';
import type { StackCatalog } from '../../stacks/catalog.js';
import type { NodeStack } from '../../stacks/define.js';
import { NodeyardError } from '../errors.js';
import type { NodeRecord } from '../node/record.js';
import { parseInputs } from '../synth/inputs.js';
import { ANSWER_MS, bounded, inTime } from './bounded.js';
import type { Inventory, InventoryContext, PlaceDetails } from './inventory.js';
import type { Place, Places } from './places.js';

/** A place that may be asked. */
export interface KnownPlace extends Place {
  /** Throws INVENTORY_UNAVAILABLE. */
  open(): Promise<Inventory>;
}

export interface StackInventories {
  /** Says that the node is about to be made where its inputs say. Throws CONFIGURATION, INVALID_INPUT, UNKNOWN_STACK. */
  remember(node: Pick<NodeRecord, 'stack' | 'inputs'>): Promise<void>;
  /**
   * Where resources of the node may be; none where its stack has no inventory. Throws INVENTORY_UNAVAILABLE where that cannot
   * be said.
   */
  of(node: Pick<NodeRecord, 'stack' | 'inputs'>): Promise<readonly Inventory[]>;
  /** Every place that is asked: those that were ever remembered, and those that always are. */
  places(): Promise<readonly KnownPlace[]>;
}

export interface InventoriesParts {
  readonly catalog: StackCatalog;
  readonly places: Places;
  readonly fleetId: () => Promise<string>;
  readonly context: Omit<InventoryContext, 'fleet'>;
  /** Stacks whose inventories are not asked. */
  readonly skip: readonly string[];
  /** How long (ms) an answer may take. */
  readonly answerMs?: number;
  /** Instead of what each inventory says of its own lists. */
  readonly settleMs?: number;
}

/** A place stands in a Redis set and in messages. */
const PLACE = /^[a-z0-9](?:[a-z0-9-]{0,253}[a-z0-9])?$/;
/** A name is a part of a Redis key. */
const NAME = /^[A-Za-z0-9-]{1,255}$/;

export function createStackInventories(parts: InventoriesParts): StackInventories {
  const { catalog, places, fleetId, context, answerMs = ANSWER_MS } = parts;
  const skipped = new Set(parts.skip);
  const opened = new Map<string, Promise<Inventory>>();

  const open = async ({ stack: name, place, details = {} }: Place): Promise<Inventory> => {
    const source = catalog.find(name)?.inventory;
    if (source === undefined) {
      const message = `nodes of stack "${name}" were made in ${place}, and this worker has no inventory of that stack`;
      throw new NodeyardError('INVENTORY_UNAVAILABLE', message);
    }
    const fleet = await fleetId();
    const key = `${fleet} ${name} ${place}`;
    const what = `the inventory of ${place} (stack "${name}") cannot be opened`;
    const opening =
      opened.get(key) ??
      inTime(what, answerMs, async () => checked(await source.open(place, { ...context, fleet }, details)));
    opened.set(key, opening);
    try {
      const inventory = bounded(await opening, answerMs);
      return { ...inventory, settleMs: parts.settleMs ?? inventory.settleMs };
    } catch (error) {
      if (opened.get(key) === opening) opened.delete(key);
      throw error;
    }
  };

  const ofStack = async (stack: string): Promise<readonly Place[]> =>
    (await places.all()).filter((place) => place.stack === stack);

  return {
    async remember({ stack, inputs }) {
      const place = placeIn(catalog.get(stack), inputs);
      if (place !== undefined) await places.remember({ stack, ...place });
    },

    async of({ stack, inputs }) {
      if (skipped.has(stack)) return [];
      const possible = possiblePlaces(catalog.find(stack), inputs) ?? (await ofStack(stack));
      return Promise.all(possible.map(open));
    },

    async places() {
      const always = catalog
        .all()
        .flatMap(({ name, inventory }) => (inventory?.always ?? []).map((place) => ({ stack: name, place })));
      const all = new Map(
        [...always, ...(await places.all())]
          .filter(({ stack }) => !skipped.has(stack))
          .map((place) => [`${place.stack} ${place.place}`, place]),
      );
      return [...all.values()].map((place) => ({ ...place, open: () => open(place) }));
    },
  };
}

/** Undefined where nobody can be asked. Throws INVALID_INPUT, and CONFIGURATION where the stack says what cannot be a place. */
function placeIn(stack: NodeStack, inputs: unknown): Omit<Place, 'stack'> | undefined {
  const said: unknown = stack.inventory?.place(parseInputs(stack, inputs));
  if (said === undefined) return undefined;
  const read = saidSchema.safeParse(said);
  if (read.success) return read.data;
  const message = `Stack "${stack.name}": the place of its inventory must be lower-case letters, digits or "-", or { name, details } with texts as details, not ${JSON.stringify(said)}.`;
  throw new NodeyardError('CONFIGURATION', message);
}

const placeName = z.string().regex(PLACE);
const saidSchema = z.union([
  placeName.transform((place) => ({ place })),
  z
    .strictObject({ name: placeName, details: z.record(z.string(), z.string()) })
    .transform(({ name, details }): { place: string; details: PlaceDetails } => ({ place: name, details })),
]);

/** Undefined where the stack is not known any more, or refuses today what it once took: then it may be any of its places. */
function possiblePlaces(stack: NodeStack | undefined, inputs: unknown): readonly Place[] | undefined {
  if (stack === undefined) return undefined;
  if (stack.inventory === undefined) return [];
  try {
    const place = placeIn(stack, inputs);
    return place === undefined ? [] : [{ stack: stack.name, ...place }];
  } catch {
    return undefined;
  }
}

function checked(inventory: Inventory): Inventory {
  if (NAME.test(inventory.name)) return inventory;
  throw new Error(`its name must be letters, digits or "-", not ${JSON.stringify(inventory.name)}`);
}
