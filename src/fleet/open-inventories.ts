/** The inventories of an app’s stacks, for a worker and for the commands that look. */
import type { Redis } from 'ioredis';
import type { StackCatalog } from '../../stacks/catalog.js';
import type { Config } from '../config.js';
import type { NodeStore } from '../store/store.js';
import { createStackInventories, type StackInventories } from './inventories.js';
import type { InventoryContext } from './inventory.js';
import { createPlaces } from './places.js';

export interface InventoriesOf {
  readonly config: Config;
  readonly env: InventoryContext['env'];
  readonly directories: Pick<InventoryContext, 'nodes'>;
  readonly redis: Redis;
  readonly store: Pick<NodeStore, 'fleetId'>;
}

export const openInventories = (
  { config, env, directories, redis, store }: InventoriesOf,
  catalog: StackCatalog,
): StackInventories =>
  createStackInventories({
    catalog,
    places: createPlaces(redis),
    fleetId: () => store.fleetId(),
    context: { dataDir: config.dataDir, nodes: directories.nodes, env },
    skip: config.fleet.skipInventories,
    ...(config.fleet.inventorySettleMs === undefined ? {} : { settleMs: config.fleet.inventorySettleMs }),
  });
