/**
 * The cloud of the model: the ground truth of what exists. Every thing bears the mark of its node; what another one is made
 * upon cannot be destroyed before it; the inventory shows a thing only some time after it was made.
 */
import { NodeyardError } from '../../src/errors.js';
import type { Inventory, InventoryItem } from '../../src/fleet/inventory.js';

export interface Thing {
  readonly id: string;
  readonly nodeId: string;
  /** `net`, `machine`… */
  readonly part: string;
  readonly on: readonly string[];
  readonly createdAt: number;
}

/** How the cloud refuses: the word in its error decides what nodeyard makes of it. */
export class CloudError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const VITAL = 'machine';

export class ModelCloud {
  /** How long (ms) the inventory may go on without what has been made. */
  readonly settleMs = 5_000;
  readonly #now: () => number;
  readonly #things = new Map<string, Thing>();
  /** What was ended by hand: nobody’s fault, and nobody’s any more. */
  readonly vanished = new Set<string>();
  #made = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get things(): readonly Thing[] {
    return [...this.#things.values()];
  }
  /** How many were ever made. */
  get made(): number {
    return this.#made;
  }

  has(id: string): boolean {
    return this.#things.has(id);
  }

  create(owner: Pick<Thing, 'nodeId' | 'part' | 'on'>): Thing {
    const missing = owner.on.find((id) => !this.#things.has(id));
    if (missing !== undefined) throw new CloudError('InvalidGroup.NotFound');
    this.#made += 1;
    const thing = { ...owner, id: `r-${this.#made}`, createdAt: this.#now() };
    this.#things.set(thing.id, thing);
    return thing;
  }

  /** Throws where something else stands upon it, or where it is not there. */
  destroy(id: string): void {
    if (!this.#things.has(id)) throw new CloudError('InvalidInstanceID.NotFound');
    if (this.things.some(({ on }) => on.includes(id))) throw new CloudError('DependencyViolation');
    this.#things.delete(id);
  }

  /** Somebody has ended it by hand, with what stands upon it. */
  vanish(id: string): void {
    this.vanished.add(id);
    this.#things.delete(id);
    for (const { id: other, on } of this.things) if (on.includes(id)) this.vanish(other);
  }

  inventory(): Inventory {
    const itemOf = ({ nodeId, part, id, createdAt }: Thing): InventoryItem => ({
      nodeId,
      kind: part,
      id,
      createdAt,
      vital: part === VITAL,
    });
    return {
      name: 'place-1',
      settleMs: this.settleMs,
      list: async (of) =>
        this.things
          .filter(({ createdAt }) => createdAt + this.settleMs <= this.#now())
          .filter(({ nodeId }) => of === undefined || of.nodeId === nodeId)
          .map(itemOf),
      destroy: async ({ id }) => {
        if (!this.has(id)) return;
        try {
          this.destroy(id);
        } catch (error) {
          throw new NodeyardError('DEPENDENCY', String(error));
        }
      },
    };
  }
}
