/**
 * Nodes that should be there and are not. Only what an inventory has once shown can be missed there, so that a machine
 * whose inventory is another’s, or one that nobody can list, is never taken for gone; and one look in vain is not enough.
 */
import { CREATED_STATES, type NodeState } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import type { Inventory } from '../inventory.js';
import type { Listing, ReconcileContext } from './context.js';
import { defineRule, type Finding } from './rule.js';
import type { SightingChanges } from './sightings.js';

const EXPECTED: readonly NodeState[] = CREATED_STATES;

interface Vanished extends Finding {
  readonly inventory: Inventory;
  readonly node?: NodeRecord;
  readonly changes?: SightingChanges;
}

export const vanished = defineRule<Vanished>('vanished', {
  async find(context) {
    const found = await Promise.all(context.listings.map((listing) => compare(context, listing)));
    return found.flat();
  },

  async act({ store, sightings }, { inventory, node, changes, reason }) {
    if (changes !== undefined) await sightings.note(inventory.name, changes);
    if (node === undefined) return 'done';
    const result = await store.transition(node.id, {
      to: 'FAILED',
      actor: 'reconciler',
      expected: EXPECTED,
      epoch: node.epoch,
      reason,
      failure: {
        operation: 'health',
        code: 'VANISHED',
        message: reason,
        diagnostics: [],
        retryable: false,
        attempts: 0,
      },
    });
    return 'refused' in result ? 'passed' : 'done';
  },
});

async function compare(
  { store, sightings, settings }: ReconcileContext,
  { inventory, items }: Listing,
): Promise<readonly Vanished[]> {
  const seen = new Set(items.filter(({ vital }) => vital).map(({ nodeId }) => nodeId));
  const missing = await sightings.missing(inventory.name);
  const found: Vanished[] = [];
  const missed: string[] = [];
  const forgotten: string[] = [];
  const unseen = [...missing].filter(([nodeId]) => !seen.has(nodeId));
  const { nodes, unreadable } = await store.getMany(unseen.map(([nodeId]) => nodeId));
  for (const [nodeId, looks] of unseen) {
    if (unreadable.includes(nodeId)) continue;
    const node = nodes.get(nodeId);
    if (node === undefined || !EXPECTED.includes(node.state)) {
      forgotten.push(nodeId);
      continue;
    }
    missed.push(nodeId);
    if (looks + 1 < settings.vanishedAfter) continue;
    const reason = `not found in ${inventory.name} for ${looks + 1} looks in a row`;
    found.push({ rule: 'vanished', nodeId, action: 'fail', reason, inventory, node });
  }
  const news = [...seen].filter((nodeId) => missing.get(nodeId) !== 0);
  if (news.length + missed.length + forgotten.length === 0) return found;
  const changes = { seen: news, missed, forgotten };
  const reason = `${news.length} seen, ${missed.length} missed, ${forgotten.length} forgotten`;
  return [...found, { rule: 'vanished', action: 'remember', reason, routine: true, inventory, changes }];
}
