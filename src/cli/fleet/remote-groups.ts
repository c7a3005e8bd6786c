/** Node groups of a fleet behind an API. Who changes one is known to that by the token. */
import { NodeyardError } from '../../errors.js';
import type { ExplainedGroup } from '../../fleet/scaling/explain.js';
import type { AcceptedChange } from '../../groups/accepted.js';
import type { Group, GroupPage } from '../../groups/groups.js';
import type { GroupHistoryPage } from '../../groups/history.js';
import { totalOf } from '../../groups/standing.js';
import type { NodeyardApi } from '../../remote/connect.js';
import type { ChangedGroup } from '../../remote/groups.js';
import type { Route } from '../../routing/routing.js';
import { bounded } from './bounded.js';
import type { FleetGroups, GroupStanding } from './fleet.js';

export function remoteGroups({ groups }: NodeyardApi): FleetGroups {
  const get = async (name: string): Promise<GroupStanding | undefined> => {
    try {
      return (await groups.get(name)) as GroupStanding;
    } catch (error) {
      if (error instanceof NodeyardError && error.code === 'UNKNOWN_GROUP') return undefined;
      throw error;
    }
  };
  return {
    list: async (page) => (await groups.page(page)) as GroupPage,
    get,
    // One that is gone has no node left.
    size: async (name) => totalOf((await get(name))?.nodes.all ?? {}),
    put: async (wish, expected) => change(await groups.put(wish, { expected })),
    async pause(name, isScalingPaused, reason) {
      const why = reason === undefined ? {} : { reason: bounded(reason) };
      return change(await (isScalingPaused ? groups.pause(name, why) : groups.resume(name, why)));
    },
    delete: async (name) => change(await groups.delete(name)),
    history: async (name, page) => (await groups.history(name, page)) as GroupHistoryPage,
    explain: async (name) => (await groups.explain(name)) as ExplainedGroup,
    route: async (name, role, count) => (await groups.route(name, { role, count })) as Route,
  };
}

const change = ({ group, changed }: ChangedGroup): AcceptedChange => ({ group: group as Group, changed });
