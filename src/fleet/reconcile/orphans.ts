/**
 * Resources without a living owner. The inventory was read before the store, so what is being made at this moment is older in the
 * store than in the listing; what is being destroyed is given its time by the minimum age.
 */
import { NodeyardError } from '../../errors.js';
import type { Inventory, InventoryItem } from '../inventory.js';
import type { Listing, ReconcileContext } from './context.js';
import { defineRule, type Finding } from './rule.js';
import { type Unowned, unownedOf } from './unowned.js';

/** Orphans of one look; more of them come with the next. */
const BATCH = 200;
/** Nodes looked at before it is asked whether that is enough. */
const CHUNK = 1_000;

interface Orphan extends Finding {
  readonly inventory: Inventory;
  readonly item: InventoryItem;
}

export const orphans = defineRule<Orphan>('orphans', {
  async find(context) {
    if (context.listings.length === 0) return [];
    const isRemembered = await context.memory.read();
    const found = await Promise.all(
      context.listings.map((listing) => inListing({ context, listing, isRemembered })),
    );
    // A machine holds what it uses, and costs the most.
    return found
      .flat()
      .sort((a, b) => Number(b.item.vital) - Number(a.item.vital))
      .slice(0, BATCH);
  },

  async act({ store, log, reported }, { inventory, item, reason, action }) {
    const by = { actor: 'reconciler' as const };
    if (action === 'destroy') {
      try {
        await inventory.destroy(item);
      } catch (error) {
        // Something that is ending still uses it.
        if (error instanceof NodeyardError && error.class === 'conflict') return 'passed';
        throw error;
      }
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

interface Look {
  readonly context: ReconcileContext;
  readonly listing: Listing;
  readonly isRemembered: (time: number) => boolean;
}

async function inListing(look: Look): Promise<Orphan[]> {
  const { context, listing } = look;
  const byNode = new Map<string, InventoryItem[]>();
  for (const item of listing.items) byNode.set(item.nodeId, [...(byNode.get(item.nodeId) ?? []), item]);
  const ids = [...byNode.keys()];
  const found: Orphan[] = [];
  for (let begin = 0; begin < ids.length && found.length < BATCH; begin += CHUNK) {
    const chunk = ids.slice(begin, begin + CHUNK);
    const { nodes, unreadable } = await context.store.getMany(chunk);
    const unknown = new Set(unreadable);
    for (const nodeId of chunk.filter((id) => !unknown.has(id))) {
      const items = byNode.get(nodeId) ?? [];
      const unowned = await unownedOf(context, nodes.get(nodeId), items);
      if (unowned !== undefined) found.push(...findingsOf(look, nodeId, items, unowned));
    }
  }
  return found;
}

const FORGOTTEN =
  'it was made when nobody looked at the fleet, so a restored backup may have forgotten its node; reconcile.orphans has to be destroy-all to end it';

function findingsOf(
  { context: { settings, now }, listing, isRemembered }: Look,
  nodeId: string,
  items: readonly InventoryItem[],
  { items: unowned, why, forGood = false, doubt }: Unowned,
): Orphan[] {
  // What a machine uses may have no time of its own in the cloud; the machine has.
  const born = Math.min(...items.map(({ createdAt }) => createdAt));
  const known = forGood || settings.orphans === 'destroy-all' || isRemembered(born);
  const but = doubt ?? (known ? undefined : FORGOTTEN);
  const action = settings.orphans === 'report' || but !== undefined ? 'report' : 'destroy';
  return unowned
    .filter(({ createdAt }) => now() - createdAt >= settings.orphanAgeMs)
    .map((item) => {
      const what = `${item.kind} ${item.id} in ${listing.inventory.name}: ${why}`;
      const reason = but === undefined ? what : `${what}; ${but}`;
      return { rule: 'orphans', nodeId, action, reason, inventory: listing.inventory, item };
    });
}
