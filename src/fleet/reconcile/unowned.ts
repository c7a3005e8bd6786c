/** What an inventory lists of one node and nobody owns: the node’s record and its states tell. */
import { NodeyardError } from '../../errors.js';
import { isTerminal, type NodeState } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import { idsInStates } from '../../state/held.js';
import type { InventoryItem } from '../inventory.js';
import type { ReconcileContext } from './context.js';

export interface Unowned {
  readonly items: readonly InventoryItem[];
  readonly why: string;
  /** Whatever this Redis may have forgotten: nobody wants them. */
  readonly forGood?: boolean;
  /** What speaks against it. */
  readonly doubt?: string;
}

const STRANGE =
  'it knows none of the machines that are listed for it, so its inventory may name things otherwise than its state';

const KEPT = 'its node is to keep what its create has left (onFailure)';

/** Undefined where somebody owns them all, or may. `node` is as it was after the list was made. */
export async function unownedOf(
  { states, settings, now }: Pick<ReconcileContext, 'states' | 'settings' | 'now'>,
  node: NodeRecord | undefined,
  items: readonly InventoryItem[],
): Promise<Unowned | undefined> {
  if (node === undefined) return { items, why: 'there is no such node' };
  if (now() - Math.max(node.since, node.updatedAt) < settings.orphanAgeMs) return undefined;
  if (isTerminal(node.state)) return { items, why: 'its node is destroyed', forGood: true };
  if (!isSettled(node, now())) return undefined;
  const named = new Set(node.resources.map(({ id }) => id));
  if (items.every(({ id }) => named.has(id))) return undefined;
  const held = await heldBy(states, node.id);
  if (held === undefined) return undefined;
  const isOwned = ({ id }: InventoryItem): boolean => named.has(id) || held.has(id);
  const unowned = items.filter((item) => !isOwned(item));
  if (unowned.length === 0) return undefined;
  const why = 'the state of its node does not hold it';
  if (isToKeep(node)) return { items: unowned, why, doubt: KEPT };
  const machines = items.filter(({ vital }) => vital);
  const strange = node.state !== 'FAILED' && machines.length > 0 && !machines.some(isOwned);
  return { items: unowned, why, ...(strange ? { doubt: STRANGE } : {}) };
}

/**
 * What stands in quarantine is the quarantine’s to destroy; what uses that, a machine in a group, may be nobody’s and keep it from
 * its end. Undefined where a state cannot be read.
 */
async function heldBy(
  states: ReconcileContext['states'],
  nodeId: string,
): Promise<ReadonlySet<string> | undefined> {
  try {
    return await idsInStates(states, nodeId);
  } catch (error) {
    if (error instanceof NodeyardError && error.code === 'STATE_UNREADABLE') return undefined;
    throw error;
  }
}

/** Somebody wants to look at what a failed create has left; its destruction takes that along. */
const isToKeep = ({ state, failure, onFailure }: NodeRecord): boolean =>
  state === 'FAILED' && failure?.operation === 'create' && onFailure === 'keep';

const AT_REST: readonly NodeState[] = [
  'CREATED',
  'STARTED',
  'INSERVICE',
  'SOFT_SUNSET',
  'HARD_SUNSET',
  'FAILED',
];

/** No run is at the node, and none is about to be. */
const isSettled = (node: NodeRecord, now: number): boolean =>
  AT_REST.includes(node.state) &&
  !node.retryRequested &&
  (node.lease === undefined || node.lease.expiresAt <= now);
