/** Destroys what no state holds, machines first. What has to wait until something else is gone is tried again for a while. */
import { NodeyardError } from '../errors.js';
import type { Inventory, InventoryItem } from '../fleet/inventory.js';
import type { Session } from './session.js';
import type { Timers } from './timers.js';

export interface Stray {
  readonly inventory: Inventory;
  readonly item: InventoryItem;
}

export interface EndingParts {
  readonly timers: Pick<Timers, 'wait'>;
  /** Milliseconds, never going back. */
  readonly monotonic: () => number;
}

/** One that is still there, and why. */
export interface StrayLeft extends Stray {
  readonly error: NodeyardError;
}

/** As long as a machine usually takes to go, and let go of what it uses. */
const PATIENCE_MS = 60_000;
/** Between two rounds; the last one repeats. */
const PAUSES_MS = [1_000, 2_000, 5_000] as const;
const LAST_PAUSE_MS = 5_000;

/** Answers what is left. Each that is gone is a line in the node’s history. */
export async function endStrays(
  { timers, monotonic }: EndingParts,
  session: Session,
  { strays, signal }: { readonly strays: readonly Stray[]; readonly signal: AbortSignal },
): Promise<readonly StrayLeft[]> {
  const deadline = monotonic() + PATIENCE_MS;
  let todo = [...strays].sort((a, b) => Number(b.item.vital) - Number(a.item.vital));
  for (let round = 0; ; round += 1) {
    const left: StrayLeft[] = [];
    for (const stray of todo) {
      if (signal.aborted) return left;
      session.report({
        phase: 'recovering',
        done: strays.length - todo.length,
        total: strays.length,
        address: nameOf(stray),
      });
      const error = await end(session, stray);
      if (error !== undefined) left.push({ ...stray, error });
    }
    if (!left.some(mayGoLater) || signal.aborted || monotonic() >= deadline) return left;
    await timers.wait(PAUSES_MS[round] ?? LAST_PAUSE_MS, signal);
    todo = left;
  }
}

async function end(session: Session, stray: Stray): Promise<NodeyardError | undefined> {
  const { inventory, item } = stray;
  try {
    await inventory.destroy(item);
    const reason = `destroyed ${nameOf(stray)}: an earlier run made it, and no state holds it`;
    session.log.warn({ item }, reason);
    await session.note(reason);
    return undefined;
  } catch (error) {
    session.log.warn({ item, error: String(error) }, 'what no state holds could not be destroyed');
    return error instanceof NodeyardError
      ? error
      : new NodeyardError('INVENTORY_UNAVAILABLE', String(error), { cause: error });
  }
}

const nameOf = ({ inventory, item }: Stray): string => `${item.kind} ${item.id} in ${inventory.name}`;

/** Whoever may not destroy it now may not in a minute either. */
const mayGoLater = ({ error }: StrayLeft): boolean => error.class !== 'permanent' && error.class !== 'auth';
