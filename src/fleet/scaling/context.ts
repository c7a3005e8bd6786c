/** What the look at groups works with. */
import type { NodeyardClient } from '../../client.js';
import type { Commands } from '../../commands/commands.js';
import type { Groups, RoleMemories } from '../../groups/groups.js';
import type { GroupHistory } from '../../groups/history.js';
import type { Outcomes } from '../../groups/outcomes.js';
import type { Heartbeats } from '../../heartbeat/heartbeats.js';
import type { Log } from '../../log.js';
import type { NodeStore } from '../../store/store.js';

export interface ScalingParts {
  readonly groups: Pick<Groups, 'list' | 'get' | 'remove'>;
  readonly memories: RoleMemories;
  readonly outcomes: Outcomes;
  readonly history: Pick<GroupHistory, 'note'>;
  readonly store: Pick<NodeStore, 'glances' | 'transition'>;
  readonly heartbeats: Pick<Heartbeats, 'getAll'>;
  readonly client: Pick<NodeyardClient, 'requestNode' | 'requestDestruction'>;
  readonly commands: Pick<Commands, 'ask'>;
  readonly log: Log;
}

export const WHO = 'autoscaler';
