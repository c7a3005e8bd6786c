/** The look at groups on a real store, with nodes that the test moves and a clock that it turns. */
import { beforeEach, describe, expect, it, test } from 'vitest';
import { NodeyardClient } from '../../src/client.js';
import { createRedisCommands } from '../../src/commands/redis-commands.js';
import type { ScalingParts } from '../../src/fleet/scaling/context.js';
import { type ScaledGroup, scale } from '../../src/fleet/scaling.js';
import { type GroupConfigInput, groupConfigSchema } from '../../src/groups/config.js';
import { createRedisGroups } from '../../src/groups/redis-groups.js';
import { createRedisGroupHistory } from '../../src/groups/redis-history.js';
import { createRedisRoleMemories } from '../../src/groups/redis-memories.js';
import { createRedisOutcomes } from '../../src/groups/redis-outcomes.js';
import { createRedisHeartbeats } from '../../src/heartbeat/redis-heartbeats.js';
import { silentLog } from '../../src/log.js';
import type { NodeRecord } from '../../src/node/record.js';
import { failureOf, nodeAt, RETENTION, type Standing, useStore } from '../store/support.js';

const fixture = useStore({ sound: false });
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let parts: ScalingParts;
let jobs: string[];
beforeEach(() => {
  const { redis, store } = fixture;
  const clock = () => fixture.now;
  const groups = createRedisGroups({ redis, clock });
  jobs = [];
  const queues = { add: async (operation: string, id: string) => void jobs.push(`${operation} ${id}`) };
  parts = {
    groups,
    store,
    memories: createRedisRoleMemories({ redis, clock }),
    outcomes: createRedisOutcomes({ redis }),
    history: createRedisGroupHistory({ redis, clock }),
    heartbeats: createRedisHeartbeats({ redis, clock }),
    client: new NodeyardClient({ store, queues: queues as never, tail: { subscribe: () => () => undefined }, groups }),
    commands: createRedisCommands({ redis, retention: RETENTION, clock }),
    log: silentLog,
  };
});

type Role = GroupConfigInput['roles'][string];
async function group(role: Partial<Role> = {}, changes: Partial<GroupConfigInput> = {}): Promise<void> {
  const wish = { name: 'media', stack: 'local-node', roles: { edge: { max: 5, ...role } }, ...changes };
  const { redis } = fixture;
  const kept = await createRedisGroups({ redis, clock: () => fixture.now }).put(groupConfigSchema.parse(wish));
  if ('refused' in kept) throw new Error(kept.refused);
}
const nodeOf = (standing: Standing, role = 'edge') => nodeAt(fixture.store, standing, { group: 'media', role });
async function serving(connections: number): Promise<NodeRecord> {
  const node = await nodeOf('INSERVICE');
  await says(node.id, connections);
  return node;
}
const says = (id: string, connections: number) => parts.heartbeats as never as { beat: (id: string, beat: object) => Promise<unknown> } extends infer H
  ? (H as { beat: (id: string, beat: object) => Promise<unknown> }).beat(id, { load: { connections }, silenceMs: MINUTE })
  : never;
async function look(): Promise<ScaledGroup> {
  const { groups, failures } = await scale(parts);
  expect(failures).toEqual([]);
  const [first] = groups;
  if (first === undefined) throw new Error('there is no group');
  return first;
}
const done = ({ roles }: ScaledGroup) =>
  roles.flatMap(({ acts }) => acts.map((act) => `${act.do} ${act.nodeId ?? act.count}: ${act.outcome}`));
const states = async () => {
  const { nodes } = await fixture.store.list({ group: 'media' });
  return nodes.map(({ state }) => state).sort();
};
const stateOf = async (id: string) => (await fixture.store.get(id))?.state;
