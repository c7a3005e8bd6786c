/** Node groups, from Redis. Who changes one is named by the command. */
import type { App } from '../../app.js';
import { accepted, found } from '../../groups/accepted.js';
import { nodesOf, totalOf } from '../../groups/standing.js';
import type { FleetGroups } from './fleet.js';

export function localGroups(app: App): FleetGroups {
  const { groups, groupHistory, routing, store } = app;
  return {
    list: (page) => groups.list(page),
    async get(name) {
      const group = await groups.get(name);
      if (group === undefined) return undefined;
      const nodes = await nodesOf((of) => store.counts(of), name, Object.keys(group.config.roles));
      return { group, nodes };
    },
    async size(name) {
      const { DESTROYED: _, ...states } = await store.counts({ group: name });
      return totalOf(states);
    },
    put: async (wish, expected) =>
      accepted(wish.name, await groups.put(wish, { expected, who: 'nodeyard apply' })),
    async pause(name, isScalingPaused, reason) {
      const who = `nodeyard group ${isScalingPaused ? 'pause' : 'resume'}`;
      const by = { who, ...(reason === undefined ? {} : { reason }) };
      return accepted(name, await groups.pause(name, isScalingPaused, by));
    },
    delete: async (name) => accepted(name, await groups.delete(name, { who: 'nodeyard group delete' })),
    async history(name, page) {
      const listed = await groupHistory.list(name, page);
      // A group has a history from its first moment.
      if (listed.entries.length === 0 && page.cursor === undefined) found(name, await groups.get(name));
      return listed;
    },
    async explain(name) {
      const [{ explainGroup }, { scalingParts }] = await Promise.all([
        import('../../fleet/scaling/explain.js'),
        import('../../fleet/scaling/parts.js'),
      ]);
      return explainGroup(scalingParts(app), name);
    },
    route: (name, role, count) => routing.route(name, role, count),
  };
}
