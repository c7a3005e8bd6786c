/**
 * The id of the fleet: made once for a Redis, kept in it, borne by every resource. By it the inventories of two fleets in one
 * account tell their resources apart, so it must neither change nor be shared.
 */
import { randomUUID } from 'node:crypto';
import { NodeyardError } from '../errors.js';
import type { StoreContext } from './context.js';
import { FLEET_KEY, SEQUENCE_KEY } from './keys.js';
import type { NodeStore } from './store.js';

export function fleetId({ scripts, clock, pinnedFleet }: StoreContext): Pick<NodeStore, 'fleetId'> {
  // What this process has once read it gives back to a Redis that has forgotten it.
  let made: string = randomUUID();
  return {
    async fleetId() {
      const kept = await scripts.fleet([FLEET_KEY, SEQUENCE_KEY], {
        now: clock(),
        made,
        pinned: pinnedFleet,
      });
      made = kept;
      if (pinnedFleet !== undefined && kept !== pinnedFleet) throw otherFleet(pinnedFleet, kept);
      return kept;
    },
  };
}

const otherFleet = (pinned: string, kept: string): NodeyardError =>
  new NodeyardError(
    'CONFIG_INVALID',
    `fleet.id is ${pinned}, but this Redis keeps the nodes of fleet ${kept}, whose resources bear that id. Remove the setting, or use the Redis of fleet ${pinned}.`,
    { field: 'fleet.id' },
  );
