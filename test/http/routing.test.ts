/** The questions that a group is asked at work, over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { ExplainedGroup } from '../../src/fleet/scaling/explain.js';
import { type GroupConfigInput, groupConfigSchema } from '../../src/groups/config.js';
import type { explainedGroupSchema, routeSchema } from '../../src/http/schemas/routing.js';
import type { Route } from '../../src/routing/routing.js';
import { nodeAt } from '../store/support.js';
import { type ErrorTold, YardApi } from './yard-api.js';

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open();
});
afterAll(() => yard.close());

const ask = <T = ErrorTold>(path: string, as: 'viewer' | 'nobody' = 'viewer') =>
  yard.ask<T>(`/v1/groups/${path}`, { as });
const configure = (name: string, role: Partial<GroupConfigInput['roles'][string]> = {}, more: object = {}) =>
  yard.app.groups.put(
    groupConfigSchema.parse({ name, stack: 'local-node', roles: { edge: { max: 4, ...role } }, ...more }),
  );
const serving = async (group: string, connections: number): Promise<string> => {
  const { id } = await nodeAt(yard.app.store, 'INSERVICE', { group, role: 'edge' });
  await yard.app.heartbeats.beat(id, { load: { connections }, silenceMs: 60_000 });
  return id;
};

describe('GET /v1/groups/:group/route', () => {
  test('answers a viewer, and nobody else', async () => {
    await configure('one');
    const id = await serving('one', 7);
    const { status, body } = await ask<Route>('one/route?role=edge');
    expect([status, body]).toEqual([
      200,
      {
        group: 'one',
        role: 'edge',
        nodes: [
          {
            id,
            outputs: (await yard.app.store.get(id))?.outputs,
            ranking: 7,
            load: { connections: 7 },
            heardAt: expect.any(Number) as number,
            isSilent: false,
          },
        ],
      },
    ]);
    expect((await ask('one/route?role=edge', 'nobody')).status).toBe(401);
  });

  test('answers as many as are asked for, and says why there are fewer', async () => {
    await configure('two', { capacityLimit: 100 });
    const ids = [await serving('two', 5), await serving('two', 6), await serving('two', 100)];
    const { body } = await ask<Route>('two/route?role=edge&count=3');
    expect(body.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(body.why).toBe('1 of 3 in service is at the limit');
  });

  test('is 200 without a node where there is none, and 404 where there is nothing to ask about', async () => {
    await configure('none');
    const empty = await ask<Route>('none/route?role=edge');
    expect([empty.status, empty.body.nodes, empty.body.why]).toEqual([
      200,
      [],
      'no node of the role is in service',
    ]);
    for (const path of ['none/route?role=hedge', 'nothing/route?role=edge']) {
      const { status, body } = await ask(path);
      expect([status, body.error.code]).toEqual([404, 'UNKNOWN_GROUP']);
    }
  });

  test.each([
    '',
    '?role=edge&count=0',
    '?role=edge&count=101',
    '?role=edge&count=x',
    '?role=a:b',
    '?role=edge&x=1',
  ])('refuses the query "%s"', async (query) => {
    expect((await ask(`one/route${query}`)).body.error.code).toBe('INVALID_INPUT');
  });
});

describe('GET /v1/groups/:group/explain', () => {
  test('tells what the look would do, and does nothing', async () => {
    await configure('why', { min: 2 });
    await nodeAt(yard.app.store, 'CREATING', { group: 'why', role: 'edge' });
    await nodeAt(yard.app.store, 'INSERVICE', { group: 'why', role: 'old' });
    const { status, body } = await ask<ExplainedGroup>('why/explain');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      group: 'why',
      revision: 1,
      scaling: 'on',
      foreign: [{ role: 'old', nodes: 1 }],
    });
    expect(body.roles).toMatchObject([
      { role: 'edge', size: 1, desired: 2, next: ['one node is created'], others: [{ state: 'CREATING' }] },
    ]);
    expect((await yard.app.store.list({ group: 'why' })).nodes).toHaveLength(2);
    expect(await yard.app.roleMemories.get('why', 'edge')).toEqual({ step: 0 });
  });

  test('tells of a paused group, of one that is being deleted, and of none', async () => {
    await configure('rest', { min: 2 }, { isScalingPaused: true });
    expect((await ask<ExplainedGroup>('rest/explain')).body).toMatchObject({
      scaling: 'paused',
      roles: [{ handOnly: 'paused', desired: 0 }],
    });
    await nodeAt(yard.app.store, 'INSERVICE', { group: 'rest', role: 'edge' });
    await nodeAt(yard.app.store, 'DESTROYING', { group: 'rest', role: 'edge' });
    await yard.app.groups.delete('rest');
    expect((await ask<ExplainedGroup>('rest/explain')).body).toMatchObject({
      scaling: 'ending',
      ending: { left: 2, untold: 1 },
    });
    expect((await ask('nothing/explain')).body.error.code).toBe('UNKNOWN_GROUP');
  });
});

test('what is shown is what is told, field by field, or this does not compile', () => {
  type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
  const route: Same<z.output<typeof routeSchema>, Route> = true;
  const explained: Same<z.output<typeof explainedGroupSchema>, ExplainedGroup> = true;
  expect([route, explained]).toEqual([true, true]);
});
