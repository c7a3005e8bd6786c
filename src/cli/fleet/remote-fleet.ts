/** The fleet behind the API of another machine: no Redis, no data directory, no stack is touched here. */
import { NodeyardError } from '../../errors.js';
import type { ReconcileReport } from '../../fleet/reconcile.js';
import { totalOf } from '../../groups/standing.js';
import { connectApi, type NodeyardApi } from '../../remote/connect.js';
import type { Webhooks } from '../../webhooks/webhooks.js';
import type { Crowd, Fleet, FleetCommands } from './fleet.js';
import type { Place } from './place.js';
import { remoteEvents } from './remote-events.js';
import { remoteGroups } from './remote-groups.js';
import { remoteNodes } from './remote-nodes.js';
import { remoteRuns } from './remote-runs.js';
import { remoteStates } from './remote-states.js';

/** Throws INVALID_INPUT for a place that no token may be sent to. Nothing is asked yet. */
export function remoteFleet(place: Place): Fleet {
  // Whoever asks too often waits its minute, rather than to end in the middle of a thousand nodes.
  const api = connectApi({ ...place, longestPauseMs: 60_000 });
  const events = remoteEvents(api);
  return {
    nodes: remoteNodes(api, events),
    groups: remoteGroups(api),
    events,
    commands: commandsOf(api),
    states: remoteStates(api),
    runs: remoteRuns(api, place.url),
    webhooks: webhooksOf(api),
    look: () => look(api),
    crowd: (group, role) => crowd(api, group, role),
    // The API counts jobs, not who takes them.
    workersSeen: async () => undefined,
    close: async () => events.close(),
  };
}

const commandsOf = ({ commands }: NodeyardApi): FleetCommands => ({
  async ask(nodeId, { ttlMs, ...wish }) {
    const ttl = ttlMs === undefined ? {} : { ttl: Math.max(1, Math.round(ttlMs / 1_000)) };
    return (await commands.ask(nodeId, { ...wish, ...ttl, reason: 'nodeyard command' })).command;
  },
  list: async (nodeId) => (await commands.list(nodeId)).commands,
});

/** Who adds a webhook is known to the API by the token. */
const webhooksOf = ({ webhooks }: NodeyardApi): Webhooks => ({
  add: (request) => webhooks.add(request),
  list: async () => (await webhooks.list()).webhooks,
  get: async (id) => (await webhooks.get(id)).webhook,
  remove: async (id) => {
    await webhooks.remove(id);
  },
  enable: async (id) => (await webhooks.enable(id)).webhook,
  disable: async (id, reason) => (await webhooks.disable(id, { reason })).webhook,
  deadLetters: (id, page) => webhooks.deadLetters(id, page),
  redeliver: async (id, letters) => (await webhooks.redeliver(id, letters)).redelivered,
  test: (id) => webhooks.test(id),
});

async function crowd({ groups }: NodeyardApi, name: string, role: string): Promise<Crowd | undefined> {
  try {
    const { group, nodes } = await groups.get(name);
    const max = Object.hasOwn(group.config.roles, role) ? group.config.roles[role]?.max : undefined;
    if (max === undefined) return undefined;
    const { FAILED: _, ...states } = nodes.roles[role] ?? {};
    return { nodes: totalOf(states), max };
  } catch (error) {
    if (error instanceof NodeyardError && error.code === 'UNKNOWN_GROUP') return undefined;
    throw error;
  }
}

async function look(api: NodeyardApi): Promise<ReconcileReport> {
  const { findings, failures, inventories } = await api.findings();
  return {
    findings: findings.map((finding) => ({ ...finding, outcome: 'found' })),
    failures,
    inventories,
  } as ReconcileReport;
}
