/** The look at groups on a real store, with nodes that the test moves and a clock that it turns. */
import { beforeEach, describe, expect, it, test } from 'vitest';
import { NodeyardClient } from '../../src/client.js';
import { createRedisCommands } from '../../src/commands/redis-commands.js';
import { scalingParts } from '../../src/fleet/scaling/parts.js';
import { type ScaledGroup, type ScaleOptions, scale } from '../../src/fleet/scaling.js';
import { type GroupConfigInput, groupConfigSchema } from '../../src/groups/config.js';
import { createRedisGroups } from '../../src/groups/redis-groups.js';
import { createRedisGroupHistory } from '../../src/groups/redis-history.js';
import { createRedisRoleMemories } from '../../src/groups/redis-memories.js';
import { createRedisOutcomes } from '../../src/groups/redis-outcomes.js';
import { createRedisHeartbeats } from '../../src/heartbeat/redis-heartbeats.js';
import { silentLog } from '../../src/log.js';
import type { NodeRecord } from '../../src/node/record.js';
import { nodeAt, RETENTION, type Standing, useStore } from '../store/support.js';

const fixture = useStore({ sound: false });
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The parts of a worker that scales. */
function open() {
  const { redis, store } = fixture;
  const clock = () => fixture.now;
  const groups = createRedisGroups({ redis, clock });
  return {
    store,
    groups,
    groupHistory: createRedisGroupHistory({ redis, clock }),
    roleMemories: createRedisRoleMemories({ redis, clock }),
    roleOutcomes: createRedisOutcomes({ redis }),
    heartbeats: createRedisHeartbeats({ redis, clock }),
    commands: createRedisCommands({ redis, retention: RETENTION, clock }),
    client: new NodeyardClient({
      store,
      groups,
      queues: {
        add: async (operation, id) => {
          jobs.push(`${operation} ${id}`);
          return id;
        },
      },
      tail: { subscribe: () => () => undefined },
    }),
    log: silentLog,
  };
}
let jobs: string[];
let fleet: ReturnType<typeof open>;
beforeEach(() => {
  jobs = [];
  fleet = open();
});

type Role = GroupConfigInput['roles'][string];
async function configure(role: Partial<Role>, changes: Partial<GroupConfigInput> = {}): Promise<void> {
  const wish = { name: 'media', stack: 'local-node', roles: { edge: { max: 5, ...role } }, ...changes };
  const kept = await fleet.groups.put(groupConfigSchema.parse(wish));
  if ('refused' in kept) throw new Error(kept.refused);
}
const nodeOf = (standing: Standing, role = 'edge') =>
  nodeAt(fixture.store, standing, { group: 'media', role });
const says = (id: string, connections: number) =>
  fleet.heartbeats.beat(id, { load: { connections }, silenceMs: 60 * MINUTE });
async function serving(connections: number): Promise<NodeRecord> {
  const node = await nodeOf('INSERVICE');
  await says(node.id, connections);
  return node;
}
async function look(options: ScaleOptions = {}): Promise<ScaledGroup> {
  const { groups, failures } = await scale(scalingParts(fleet), options);
  expect(failures).toEqual([]);
  const [first] = groups;
  if (first === undefined) throw new Error('there is no group');
  return first;
}
const done = ({ roles }: ScaledGroup) =>
  roles.flatMap(({ acts }) => acts.map((act) => `${act.do} ${act.nodeId ?? act.count}: ${act.outcome}`));
const nodes = async () => (await fixture.store.list({ group: 'media' })).nodes;
const stateOf = async (id: string) => (await fixture.store.get(id))?.state;
const lastOf = async (id: string) => (await fixture.store.history(id)).at(-1);

describe('a role', () => {
  it('below its min gets nodes, each with its job, the group’s inputs and the reason', async () => {
    await configure({ min: 2, ttl: 600, labels: { team: 'a' } }, { inputs: { message: 'hello' } });
    expect(done(await look())).toEqual(['create 2: done']);
    const made = await nodes();
    expect(jobs).toEqual(made.map(({ id }) => `create ${id}`));
    for (const node of made) {
      expect(node).toMatchObject({
        state: 'REQUESTED',
        group: 'media',
        role: 'edge',
        stack: 'local-node',
        inputs: { message: 'hello' },
        labels: { team: 'a' },
        ttl: 600,
      });
      expect(await lastOf(node.id)).toMatchObject({
        actor: 'autoscaler',
        reason: '0 of 2 to 5: 0 in service, 0 on the way; min is 2',
      });
    }
    expect(done(await look())).toEqual([]);
    const { entries } = await fleet.groupHistory.list('media');
    expect(entries[0]).toMatchObject({
      kind: 'scaled',
      who: 'autoscaler',
      role: 'edge',
      message: '0 → 2: 0 of 2 to 5: 0 in service, 0 on the way; min is 2',
    });
  });

  it('grows by what its nodes say, once for each cool-down', async () => {
    await configure({ outExpression: 'avg(connections) > 10', coolDown: { out: '1m' } });
    const { id } = await serving(50);
    fixture.now += MINUTE;
    expect(done(await look())).toEqual(['create 1: done']);
    fixture.now += 59 * SECOND;
    expect(done(await look())).toEqual([]);
    await says(id, 500);
    fixture.now += SECOND;
    // The new one counts as if it were there and idle: (500 + 0) / 2 is still too much.
    expect(done(await look())).toEqual(['create 1: done']);
    expect(await nodes()).toHaveLength(3);
  });

  it('shrinks by draining its least loaded node: told, driven out, destroyed', async () => {
    await configure({
      min: 1,
      inExpression: 'avg(connections) < 10',
      drain: { softLimit: '5m', hardLimit: '1m' },
      coolDown: { out: '0s', in: '0s' },
    });
    const [busy, idle] = [await serving(7), await serving(1)];
    fixture.now += MINUTE;
    expect(done(await look())).toEqual([`sunset ${idle.id}: done`]);
    expect(await stateOf(idle.id)).toBe('SOFT_SUNSET');
    fixture.now += 4 * MINUTE;
    expect(done(await look())).toEqual([]);
    fixture.now += MINUTE;
    expect(done(await look())).toEqual([`drive-out ${idle.id}: done`]);
    expect(await stateOf(idle.id)).toBe('HARD_SUNSET');
    expect(await fleet.commands.list(idle.id)).toMatchObject([{ name: 'RemoveSubscribers' }]);
    fixture.now += SECOND;
    await says(idle.id, 0);
    expect(done(await look())).toEqual([`destroy ${idle.id}: done`]);
    expect(await lastOf(idle.id)).toMatchObject({
      to: 'DESTRUCTION_REQUESTED',
      actor: 'autoscaler',
      reason: 'nothing is left on it',
    });
    expect(jobs).toEqual([`destroy ${idle.id}`]);
    expect(done(await look())).toEqual([]);
    expect(await stateOf(busy.id)).toBe('INSERVICE');
  });

  it('stops growing while its creates fail, and destroys what has FAILED', async () => {
    await configure({ min: 3, failurePolicy: { window: 4, failures: 2, pause: '1m', removeAfter: '2m' } });
    const failed = [await nodeOf('FAILED create'), await nodeOf('FAILED create')];
    const first = await look();
    expect(done(first)).toEqual([]);
    expect(first.roles[0]?.decision.breaker).toMatchObject({ is: 'open', wrong: 2, of: 2 });
    fixture.now += MINUTE;
    expect(done(await look())).toEqual(['create 1: done']);
    fixture.now += MINUTE;
    expect(done(await look()).toSorted()).toEqual(failed.map(({ id }) => `destroy ${id}: done`).toSorted());
    // They are gone from the nodes, and not from what is known of the newest creates.
    fixture.now += MINUTE;
    expect((await look()).roles[0]?.decision.breaker).toMatchObject({ is: 'trying', wrong: 2 });
  });

  it('that went well after a retry is not counted as failed', async () => {
    await configure({ failurePolicy: { window: 1, failures: 1 } });
    const { id } = await nodeOf('FAILED health');
    const state = async () => (await look()).roles[0]?.decision.breaker.is;
    expect(await state()).toBe('closed');
    await fleet.roleOutcomes.note('media', 'edge', [{ nodeId: id, went: 'wrong', at: fixture.now }]);
    expect(await state()).toBe('open');
    await fixture.store.transition(id, { to: 'INSERVICE', actor: 'operator' });
    expect(await state()).toBe('closed');
  });

  it.each([
    ['that is MANUAL', { lifecycle: 'MANUAL' }, {}],
    ['of a paused group', {}, { isScalingPaused: true }],
  ] as const)('%s is left alone', async (_what, role, changes) => {
    await configure({ min: 3, ...role }, changes);
    await nodeOf('SOFT_SUNSET');
    await nodeOf('FAILED create');
    fixture.now += 24 * 60 * MINUTE;
    const { roles } = await look();
    expect(roles.map(({ acts }) => acts)).toEqual([[]]);
    expect(jobs).toEqual([]);
    expect(await nodes()).toHaveLength(2);
  });

  it('that the group has not is left to people, and named', async () => {
    await configure({});
    const { id } = await nodeOf('INSERVICE', 'transcoder');
    expect(await look()).toMatchObject({ foreign: ['transcoder'] });
    expect(await stateOf(id)).toBe('INSERVICE');
  });
});

describe('two workers that look at the same moment', () => {
  it('make no step twice', async () => {
    await configure({ min: 4, max: 4 });
    const reports = await Promise.all([look(), look(), look()]);
    expect(reports.flatMap(done).toSorted()).toEqual([
      'create 4: done',
      'create 4: passed',
      'create 4: passed',
    ]);
    expect(await nodes()).toHaveLength(4);
  });

  it('and one that dies in the middle of a step leaves it to the next look', async () => {
    await configure({ min: 3 });
    const stopped = { ...fleet, client: Object.create(fleet.client) as NodeyardClient };
    let left = 1;
    stopped.client.requestNode = (...request) => {
      left -= 1;
      if (left < 0) throw new Error('the process has ended');
      return fleet.client.requestNode(...request);
    };
    const { groups } = await scale(scalingParts(stopped));
    expect(groups.flatMap(done)).toEqual(['create 3: failed']);
    expect(await nodes()).toHaveLength(1);
    expect(done(await look())).toEqual(['create 2: done']);
    expect(await nodes()).toHaveLength(3);
  });
});

describe('a group that is being deleted', () => {
  it('has all its nodes destroyed, also paused and in roles that it has not, and goes with the last of them', async () => {
    await configure({ min: 2, lifecycle: 'MANUAL' }, { isScalingPaused: true });
    const living = [
      await nodeOf('INSERVICE'),
      await nodeOf('REQUESTED'),
      await nodeOf('FAILED health', 'other'),
    ];
    await nodeOf('DESTROYED');
    await fleet.groups.delete('media');
    const { ending } = await look();
    expect(ending).toMatchObject({ left: 3, removed: false });
    expect(jobs.toSorted()).toEqual(living.map(({ id }) => `destroy ${id}`).toSorted());
    expect(await look()).toMatchObject({ ending: { left: 3, acts: [] } });
    for (const { id } of living) {
      const begun = await fixture.store.begin(id, { operation: 'destroy', holder: 'run', leaseMs: 1_000 });
      if ('refused' in begun) throw new Error(begun.refused);
      await fixture.store.transition(id, { to: 'DESTROYED', actor: 'terraform', epoch: begun.epoch });
    }
    expect(await look()).toMatchObject({ ending: { left: 0, removed: false } });
    // Nobody who saw the group before its end asks for a node any more.
    fixture.now += 5 * SECOND;
    expect(await look()).toMatchObject({ ending: { left: 0, removed: true } });
    expect(await fleet.groups.get('media')).toBeUndefined();
    expect((await scale(scalingParts(fleet))).groups).toEqual([]);
  });

  it('and made again is another one: its steps make nodes of their own', async () => {
    await configure({ min: 1 });
    await look();
    const [first] = await nodes();
    if (first === undefined) throw new Error('no node was made');
    await fleet.groups.delete('media');
    await look();
    const begun = await fixture.store.begin(first.id, {
      operation: 'destroy',
      holder: 'run',
      leaseMs: 1_000,
    });
    if ('refused' in begun) throw new Error(begun.refused);
    await fixture.store.transition(first.id, { to: 'DESTROYED', actor: 'terraform', epoch: begun.epoch });
    fixture.now += 5 * SECOND;
    await look();
    await configure({ min: 1 });
    expect(done(await look())).toEqual(['create 1: done']);
    expect((await nodes()).map(({ state }) => state)).toEqual(['DESTROYED', 'REQUESTED']);
  });
});

test('a dry look decides and does nothing', async () => {
  await configure({ min: 2 });
  await nodeOf('SOFT_SUNSET');
  fixture.now += 60 * MINUTE;
  const { roles } = await look({ dryRun: true });
  expect(roles[0]?.decision.acts.map((act) => act.do)).toEqual(['drive-out', 'create']);
  expect(roles[0]?.acts).toEqual([]);
  expect(await nodes()).toHaveLength(1);
});

test('a group that cannot be read does not keep the others from their look', async () => {
  await configure({ min: 1 });
  await fixture.redis.zadd('{nodeyard}:groups', 0, 'broken');
  await fixture.redis.hset('{nodeyard}:group:broken', { config: '{', revision: '1' });
  const { groups, failures } = await scale(scalingParts(fleet));
  expect(groups.flatMap(done)).toEqual(['create 1: done']);
  expect(failures).toMatchObject([{ group: 'broken' }]);
});
