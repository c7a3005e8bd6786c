/**
 * Resources without a living owner. The inventory was read before the store, so what is being made at this moment is older
 * in the store than in the listing; what is being destroyed is given its time by the minimum age.
 */
import { isTerminal, type NodeState } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import { resourceIds } from '../../state/document.js';
import type { Inventory, InventoryItem } from '../inventory.js';
import type { ReconcileContext } from './context.js';
import { defineRule, type Finding } from './rule.js';

/** Orphans of one look; more of them come with the next. */
const BATCH = 200;
/** Nodes read at once. */
const CHUNK = 100;

interface Orphan extends Finding {
  readonly inventory: Inventory;
  readonly item: InventoryItem;
}

export const orphans = defineRule<Orphan>('orphans', {
  async find(context) {
    const { listings, settings, now } = context;
    const old = listings.flatMap(({ inventory, items }) =>
      items
        .filter(({ createdAt }) => now() - createdAt >= settings.orphanAgeMs)
        .map((item) => ({ inventory, item })),
    );
    const found: Orphan[] = [];
    for (let begin = 0; begin < old.length && found.length < BATCH; begin += CHUNK) {
      const chunk = old.slice(begin, begin + CHUNK);
      const whys = await Promise.all(chunk.map(({ item }) => whyOrphan(context, item)));
      for (const [index, { inventory, item }] of chunk.entries()) {
        const why = whys[index];
        if (why === undefined) continue;
        const reason = `${item.kind} ${item.id} in ${inventory.name}: ${why}`;
        const action = settings.orphans;
        found.push({ rule: 'orphans', nodeId: item.nodeId, action, reason, inventory, item });
      }
    }
    return found;
  },

  async act({ store, log, reported, settings }, { inventory, item, reason }) {
    const by = { actor: 'reconciler' as const };
    if (settings.orphans === 'destroy') {
      await inventory.destroy(item);
      log.warn({ nodeId: item.nodeId, reason }, 'destroyed an orphan');
      await store.note(item.nodeId, { ...by, reason: `destroyed an orphan: ${reason}` });
      return 'done';
    }
    const key = `${inventory.name} ${item.kind} ${item.id}`;
    if (reported.has(key)) return 'passed';
    reported.add(key);
    log.warn({ nodeId: item.nodeId, reason }, 'a resource without an owner');
    await store.note(item.nodeId, { ...by, reason: `a resource without an owner: ${reason}` });
    return 'done';
  },
});

/** Why nobody owns it; undefined where somebody does, or may. */
async function whyOrphan(context: ReconcileContext, item: InventoryItem): Promise<string | undefined> {
  const { store, states, settings, now } = context;
  const node = await store.get(item.nodeId);
  if (node === undefined) return 'there is no such node';
  if (now() - Math.max(node.since, node.updatedAt) < settings.orphanAgeMs) return undefined;
  if (isTerminal(node.state)) return 'its node is destroyed';
  if (!isSettled(node, now()) || node.resources.some(({ id }) => id === item.id)) return undefined;
  // What stands in quarantine is the quarantine’s to destroy.
  if ((await states.quarantined(item.nodeId)).length > 0) return undefined;
  const stored = await states.load(item.nodeId);
  const owned = stored !== undefined && resourceIds(stored.document).has(item.id);
  return owned ? undefined : 'the state of its node does not hold it';
}

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
