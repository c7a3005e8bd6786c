import { CloudRefusal } from '../errors.js';
import { type InstanceRecord, instanceState } from '../records.js';
import type { World } from '../world.js';

/** For what cannot be done to an instance that ends. */
export function alive(world: World, region: string, id: string): InstanceRecord {
  const record = world.find('instance', region, id);
  if (record.deletedAt === undefined) return record;
  throw new CloudRefusal(
    'IncorrectInstanceState',
    `The instance '${id}' is in state '${instanceState(record, world.now)}'.`,
  );
}
