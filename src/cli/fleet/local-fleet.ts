/** The fleet on Redis. The parts of an app are what the port asks for, or nearly. */
import type { App } from '../../app.js';
import { NodeyardError } from '../../errors.js';
import { totalOf } from '../../groups/standing.js';
import { unknownNode } from '../../node/unknown-node.js';
import { concurrently } from '../concurrently.js';
import { eventFeed } from '../event-feed.js';
import { workersSeen } from '../workers-seen.js';
import type { Crowd, Fleet, FleetCommands, FleetEvents, FleetNodes } from './fleet.js';
import { localGroups } from './local-groups.js';
import { localRuns } from './local-runs.js';
import { localStates } from './local-states.js';

/** Closing it leaves the app open: who has opened that closes it. */
export const localFleet = (app: App): Fleet => ({
  nodes: nodesOf(app),
  groups: localGroups(app),
  events: eventsOf(app),
  commands: commandsOf(app),
  states: localStates(app),
  runs: localRuns(app),
  webhooks: app.webhooks,
  look: () => look(app),
  crowd: (group, role) => crowd(app, group, role),
  workersSeen: (operation) => workersSeen(app, operation),
  close: async () => undefined,
});

const AT_ONCE = 16;

const nodesOf = ({ store, client, heartbeats }: App): FleetNodes => ({
  get: (id) => store.get(id),
  list: (filter, page) => store.list(filter, page),
  counts: () => store.counts(),
  async details(id) {
    const node = await store.get(id);
    if (node === undefined) throw unknownNode(id);
    const [heard, history] = await Promise.all([heartbeats.get(id), store.history(id)]);
    return { node, heard, history };
  },
  request: (requests) =>
    concurrently(requests, AT_ONCE, async (request) => {
      try {
        return await client.requestNode(request, { reason: 'nodeyard create' });
      } catch (error) {
        if (!(error instanceof NodeyardError) || error.code === 'REDIS_UNAVAILABLE') throw error;
        return { error };
      }
    }),
  move: (id, wish) => client.changeState(id, wish),
  destroy: (id, { force }) =>
    client.requestDestruction(id, { actor: 'operator', reason: 'nodeyard destroy', force }),
  retry: (id) => client.retry(id, { reason: 'nodeyard retry' }),
  waitFor: (id, states, options) => client.waitFor(id, states, options),
});

const eventsOf = ({ store, tail }: App): FleetEvents => ({
  subscribe: (listener) => tail.subscribe(listener),
  watch: async ({ after, signal, onNote }) =>
    eventFeed(store, {
      after: after ?? (await store.latestPosition()),
      signal,
      onAway: (away) => onNote(away ? 'Redis is away; waiting for it' : 'Redis is back'),
    }),
});

const commandsOf = ({ commands, config }: App): FleetCommands => ({
  ask: (nodeId, { ttlMs = config.commands.expiryMs, ...wish }) =>
    commands.ask(nodeId, { ...wish, ttlMs }, { actor: 'operator', reason: 'nodeyard command' }),
  list: (nodeId) => commands.list(nodeId),
});

async function crowd({ groups, store }: App, group: string, role: string): Promise<Crowd | undefined> {
  const roles = (await groups.get(group))?.config.roles ?? {};
  const max = Object.hasOwn(roles, role) ? roles[role]?.max : undefined;
  if (max === undefined) return undefined;
  const { DESTROYED: _, FAILED: __, ...states } = await store.counts({ group, role });
  return { nodes: totalOf(states), max };
}

async function look(app: App) {
  const [{ reconcile }, { reconcileParts }, { openInventories }, { loadCatalog }] = await Promise.all([
    import('../../fleet/reconcile.js'),
    import('../../fleet/reconcile/parts.js'),
    import('../../fleet/open-inventories.js'),
    import('../../../stacks/catalog.js'),
  ]);
  const inventories = openInventories(app, await loadCatalog(app.config.stacks));
  return reconcile(reconcileParts(app, inventories, { start: () => false }), { dryRun: true });
}
