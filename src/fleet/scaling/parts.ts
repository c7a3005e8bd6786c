/** Puts the parts of scaling together, for a worker and for whoever only wants to know. */
import type { Groups, RoleMemories } from '../../groups/groups.js';
import type { GroupHistory } from '../../groups/history.js';
import type { Outcomes } from '../../groups/outcomes.js';
import type { ScalingParts } from './context.js';

export interface ScaledFleet
  extends Pick<ScalingParts, 'store' | 'heartbeats' | 'client' | 'commands' | 'log'> {
  readonly groups: Groups;
  readonly groupHistory: GroupHistory;
  readonly roleMemories: RoleMemories;
  readonly roleOutcomes: Outcomes;
}

export function scalingParts(fleet: ScaledFleet): ScalingParts {
  const { store, heartbeats, client, commands, log, groups } = fleet;
  return {
    store,
    heartbeats,
    client,
    commands,
    log,
    groups,
    history: fleet.groupHistory,
    memories: fleet.roleMemories,
    outcomes: fleet.roleOutcomes,
  };
}
