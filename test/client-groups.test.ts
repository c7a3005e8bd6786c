/** The operator’s hand: what people may ask of nodes whose group is configured. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GroupConfigInput, groupConfigSchema } from '../src/groups/config.js';
import type { NodeState } from '../src/node/lifecycle.js';
import type { NodeRequest } from '../src/node/request.js';
import { nodeAt, type Standing } from './store/support.js';
import { Yard } from './support/yard.js';

let yard: Yard;
beforeAll(async () => {
  yard = await Yard.open();
});
afterAll(() => yard.close());

let made = 0;
/** A group of its own for each test. */
async function configured(changes: Partial<GroupConfigInput> = {}): Promise<string> {
  const name = `g${++made}`;
  const roles = { edge: { max: 4 }, hand: { max: 4, lifecycle: 'MANUAL' as const } };
  await yard.app.groups.put(groupConfigSchema.parse({ name, stack: 'local-node', roles, ...changes }));
  return name;
}
const request = (group: string, role: string, more: Partial<NodeRequest> = {}): NodeRequest => ({
  group,
  role,
  stack: 'local-node',
  ...more,
});
const at = async (group: string, standing: Standing, role = 'edge'): Promise<string> =>
  (await nodeAt(yard.app.store, standing, { id: `h${++made}`, group, role })).id;
const stateOf = async (id: string): Promise<NodeState> => (await yard.app.client.get(id)).state;

const MOVES = [
  ['INSERVICE', 'SOFT_SUNSET'],
  ['INSERVICE', 'FAILED'],
  ['SOFT_SUNSET', 'INSERVICE'],
  ['FAILED health', 'INSERVICE'],
  ['FAILED health', 'SOFT_SUNSET'],
  ['INSERVICE', 'DESTRUCTION_REQUESTED'],
] satisfies [Standing, NodeState][];

describe('a node whose role is AUTO and whose group is not paused', () => {
  test.each(MOVES)(
    'stays %s when a person asks for %s, and the refusal says what would help',
    async (from, to) => {
      const group = await configured();
      const id = await at(group, from);
      const before = await stateOf(id);
      const refused = yard.app.client.changeState(id, { to });
      await expect(refused).rejects.toMatchObject({ code: 'ROLE_IS_AUTO' });
      await expect(refused).rejects.toThrow(
        new RegExp(`role edge in group ${group}: .*nodeyard group pause ${group}.*lifecycle MANUAL`),
      );
      expect(await stateOf(id)).toBe(before);
    },
  );

  test('is not asked for, ended or cancelled by hand; nobody is told otherwise who asks again for what is so', async () => {
    const { client } = yard.app;
    const group = await configured();
    const automatic = { code: 'ROLE_IS_AUTO' };
    await expect(client.requestNode(request(group, 'edge'))).rejects.toMatchObject(automatic);
    const [working, waiting] = [await at(group, 'INSERVICE'), await at(group, 'REQUESTED')];
    await expect(client.requestDestruction(working)).rejects.toThrow('--force');
    await expect(client.cancel(waiting)).rejects.toMatchObject(automatic);
    expect(await client.changeState(working, { to: 'INSERVICE' })).toMatchObject({ changed: false });
    const ending = await at(group, 'DESTROYING');
    expect((await client.requestDestruction(ending)).state).toBe('DESTROYING');
  });

  test('is ended by force, and without where it is FAILED', async () => {
    const { client } = yard.app;
    const group = await configured();
    const [working, failed] = [await at(group, 'INSERVICE'), await at(group, 'FAILED health')];
    const by = { actor: 'operator', force: true } as const;
    expect((await client.requestDestruction(working, by)).state).toBe('DESTRUCTION_REQUESTED');
    expect(await client.changeState(failed, { to: 'DESTRUCTION_REQUESTED' })).toMatchObject({
      changed: true,
    });
    expect(await client.cancel(await at(group, 'REQUESTED'), { force: true })).toMatchObject({
      changed: true,
    });
  });

  test('is asked for and ended by scaling and by what moves by itself', async () => {
    const { client } = yard.app;
    const group = await configured();
    const { node } = await client.requestNode(request(group, 'edge'), { actor: 'autoscaler' });
    for (const actor of ['autoscaler', 'reconciler'] as const) {
      const id = actor === 'autoscaler' ? node.id : await at(group, 'INSERVICE');
      expect((await client.requestDestruction(id, { actor })).state).toBe('DESTRUCTION_REQUESTED');
    }
  });

  test('that was asked for while it was allowed is the answer to the same request', async () => {
    const { client, groups } = yard.app;
    const group = await configured({ isScalingPaused: true });
    const wishes = [
      request(group, 'edge', { requestId: `${group}-1` }),
      request(group, 'edge', { id: group }),
    ];
    for (const wish of wishes) expect((await client.requestNode(wish)).created).toBe(true);
    await groups.pause(group, false);
    for (const wish of wishes) expect((await client.requestNode(wish)).created).toBe(false);
    const other = { ...request(group, 'edge', { id: group }), role: 'hand' };
    await expect(client.requestNode(other)).rejects.toMatchObject({ code: 'REQUEST_CONFLICT' });
  });
});

describe('a node in people’s hand', () => {
  const hands: [string, (name: string) => Promise<unknown>, string][] = [
    ['of a paused group', (name) => yard.app.groups.pause(name, true), 'edge'],
    ['of a MANUAL role', async () => undefined, 'hand'],
    ['of a role that its group does not name', async () => undefined, 'else'],
  ];

  test.each(hands)('%s is moved freely, by compare-and-set, and asked for', async (_, prepare, role) => {
    const { client } = yard.app;
    const group = await configured();
    await prepare(group);
    expect((await client.requestNode(request(group, role))).created).toBe(true);
    for (const [from, to] of MOVES) {
      const id = await at(group, from, role);
      const present = await stateOf(id);
      const wrong = { to, expected: ['CREATING'] } as const;
      await expect(client.changeState(id, wrong)).rejects.toMatchObject({ code: 'WRONG_STATE' });
      expect(await client.changeState(id, { to, expected: [present] })).toMatchObject({
        changed: true,
        node: { state: to },
      });
    }
  });

  test('that is doomed has no way back', async () => {
    const group = await configured({ isScalingPaused: true });
    const id = await at(group, 'INSERVICE');
    await yard.app.client.changeState(id, { to: 'DESTRUCTION_REQUESTED' });
    for (const to of ['INSERVICE', 'SOFT_SUNSET', 'FAILED'] as const)
      await expect(yard.app.client.changeState(id, { to })).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });
});

test('a group that is being deleted gets no nodes, paused or not, and they are only ended', async () => {
  const { client, groups } = yard.app;
  const group = await configured({ isScalingPaused: true });
  const id = await at(group, 'INSERVICE', 'hand');
  await groups.delete(group);
  const ending = { code: 'GROUP_CONFLICT' };
  await expect(client.requestNode(request(group, 'hand'))).rejects.toMatchObject(ending);
  await expect(client.changeState(id, { to: 'SOFT_SUNSET' })).rejects.toMatchObject(ending);
  expect((await client.requestDestruction(id)).state).toBe('DESTRUCTION_REQUESTED');
});
