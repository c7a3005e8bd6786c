/** Node groups over HTTP: configured, changed by whoever knows what is there, paused, ended; and who did it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/auth/audit-trail.js';
import type { Group } from '../../src/groups/groups.js';
import type { GroupEntry } from '../../src/groups/history.js';
import { nodeAt } from '../store/support.js';
import { type Ask, type ErrorTold, YardApi } from './yard-api.js';

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open();
});
afterAll(() => yard.close());

interface Changed {
  readonly group: Group;
  readonly changed: boolean;
}
let made = 0;
const fresh = (): string => `web${++made}`;
const wish = (name: string, more: object = {}) => ({
  name,
  stack: 'local-node',
  roles: { edge: { max: 4 } },
  ...more,
});
const put = <T = Changed>(name: string, json: unknown, headers: Ask['headers'] = {}) =>
  yard.ask<T>(`/v1/groups/${name}`, { method: 'PUT', as: 'operator', json, headers });
const ask = <T = ErrorTold>(method: string, path: string, json?: unknown) =>
  yard.ask<T>(`/v1/groups${path}`, { method, as: 'operator', ...(json === undefined ? {} : { json }) });

describe('a group', () => {
  test('is configured with its defaults, shown with its nodes, and listed', async () => {
    const name = fresh();
    const { status, body, headers } = await put(
      name,
      wish(name, { roles: { edge: { max: 4, warmUp: '90s' } } }),
    );
    expect([status, headers.get('etag'), body.changed]).toEqual([200, '"1"', true]);
    expect(body.group).toEqual(await yard.app.groups.get(name));
    expect(body.group.config.roles['edge']).toMatchObject({ min: 0, warmUp: 90_000, capacityLimit: null });
    for (const [role, standing] of [
      ['edge', 'INSERVICE'],
      ['edge', 'INSERVICE'],
      ['edge', 'DESTROYED'],
      ['old', 'CREATED'],
    ] as const)
      await nodeAt(yard.app.store, standing, { group: name, role });
    const shown = await ask('GET', `/${name}`);
    expect(shown.headers.get('etag')).toBe('"1"');
    expect(shown.body).toEqual({
      group: body.group,
      nodes: { roles: { edge: { INSERVICE: 2 } }, all: { INSERVICE: 2, CREATED: 1 } },
    });
    const first = await ask<{ groups: Group[]; cursor?: string }>('GET', '?limit=1');
    expect(first.body.groups).toHaveLength(1);
    const all = await ask<{ groups: Group[] }>('GET', '');
    expect(all.body.groups).toContainEqual(body.group);
  });

  test('is changed only by who knows its revision, where one is named', async () => {
    const name = fresh();
    expect((await put<ErrorTold>(name, wish(name), { 'if-match': '"1"' })).body.error.code).toBe(
      'UNKNOWN_GROUP',
    );
    expect((await put(name, wish(name), { 'if-none-match': '*' })).body.group.revision).toBe(1);
    for (const headers of [{ 'if-none-match': '*' }, { 'if-match': '"7"' }]) {
      const refused = await put<ErrorTold>(name, wish(name, { description: 'x' }), headers);
      expect([refused.status, refused.body.error.code]).toEqual([409, 'GROUP_CONFLICT']);
    }
    const changed = await put(name, wish(name, { description: 'x' }), { 'if-match': '"1"' });
    expect([changed.headers.get('etag'), changed.body.changed]).toEqual(['"2"', true]);
    expect((await put(name, wish(name, { description: 'x' }))).body.changed).toBe(false);
    for (const match of ['*', 'W/"2"', '0', 'x'])
      expect((await put<ErrorTold>(name, wish(name), { 'if-match': match })).body.error.code).toBe(
        'INVALID_INPUT',
      );
  });

  test.each([
    [{ roles: { edge: { max: 4, min: 5 } } }, 'roles.edge.min'],
    [{ roles: { edge: {} } }, 'roles.edge.max'],
    [{ roles: { edge: { max: 1, outExpression: 'avg(x' } } }, 'roles.edge.outExpression'],
    [{ roles: { edge: { max: 1, inputs: { messages: 1 } } } }, 'roles.edge.inputs.messages'],
    [{ roles: { edge: { max: 1, stack: 'nothing' } } }, 'roles.edge.stack'],
    [{ name: 'another' }, 'name'],
    [{ size: 1 }, 'size'],
  ])('%j is refused before anything is kept, the field named', async (more, field) => {
    const name = fresh();
    const { status, body } = await put<ErrorTold>(name, wish(name, more));
    expect([status, body.error.field]).toEqual([400, field]);
    expect((await ask('GET', `/${name}`)).status).toBe(404);
  });

  test('is paused and resumed by its own routes, and a PUT that says nothing of it leaves it so', async () => {
    const name = fresh();
    await put(name, wish(name));
    const paused = await ask<Changed>('POST', `/${name}/pause`, { reason: 'the cloud is ill' });
    expect(paused.body).toMatchObject({ changed: true, group: { config: { isScalingPaused: true } } });
    expect((await put(name, wish(name, { description: 'x' }))).body.group.config.isScalingPaused).toBe(true);
    expect((await ask<Changed>('POST', `/${name}/resume`)).body.group.config.isScalingPaused).toBe(false);
    expect((await ask<Changed>('POST', `/${name}/resume`)).body.changed).toBe(false);
  });

  test('bears half a character in a reason, which its history shows as none', async () => {
    const name = fresh();
    await put(name, wish(name));
    expect((await ask<Changed>('POST', `/${name}/pause`, { reason: 'half \ud83d of one' })).status).toBe(200);
    const { entries } = await yard.app.groupHistory.list(name);
    expect(entries[0]?.message).toContain('half \ufffd of one');
  });

  test('that is deleted is shown until it is gone, and changes no more', async () => {
    const name = fresh();
    await put(name, wish(name));
    const { status, body } = await ask<Changed>('DELETE', `/${name}`);
    expect([status, body.changed, typeof body.group.deletedAt]).toEqual([202, true, 'number']);
    expect((await ask<Changed>('DELETE', `/${name}`)).body.changed).toBe(false);
    for (const refused of [await put<ErrorTold>(name, wish(name)), await ask('POST', `/${name}/pause`)])
      expect([refused.status, refused.body.error.code]).toEqual([409, 'GROUP_CONFLICT']);
    await yard.app.groups.remove(name);
    expect((await ask('GET', `/${name}`)).status).toBe(404);
    const { entries } = (await ask<{ entries: GroupEntry[] }>('GET', `/${name}/history`)).body;
    expect(entries[0]?.kind).toBe('removed');
  });

  test.each([
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/pause'],
    ['POST', '/resume'],
    ['GET', '/history'],
  ])('that there is not is told by %s %s', async (method, path) => {
    const { status, body } = await ask(method, `/nothing${path}`);
    expect([status, body.error.code]).toEqual([404, 'UNKNOWN_GROUP']);
    expect((await ask(method, `/a%20b${path}`)).status).toBe(400);
  });

  test('tells who did what, in its history and in the audit trail', async () => {
    const name = fresh();
    await put(name, wish(name, { inputs: { message: 'secret' } }));
    await ask('POST', `/${name}/pause`, { reason: 'noon' });
    await yard.app.groupHistory.note(name, {
      kind: 'scaled',
      who: 'autoscaler',
      role: 'edge',
      message: 'asks for 1 more',
      data: { desired: 1 },
    });
    const page = await ask<{ entries: GroupEntry[]; cursor: string }>('GET', `/${name}/history?limit=2`);
    expect(page.body.entries).toEqual([
      expect.objectContaining({ kind: 'scaled', role: 'edge', data: { desired: 1 } }),
      expect.objectContaining({ kind: 'paused', who: 'token test-operator', revision: 2 }),
    ]);
    const rest = await ask<{ entries: GroupEntry[] }>('GET', `/${name}/history?cursor=${page.body.cursor}`);
    expect(rest.body.entries.map(({ kind, revision }) => [kind, revision])).toEqual([['created', 1]]);
    expect(page.text + rest.text).not.toContain('secret');
    const { entries } = (await yard.ask<{ entries: AuditEntry[] }>('/v1/audit?limit=10')).body;
    expect(entries.filter(({ target }) => target === name).map(({ action }) => action)).toEqual([
      'group.pause',
      'group.put',
    ]);
  });

  test('is looked at by viewers and changed by operators', async () => {
    const name = fresh();
    await put(name, wish(name));
    const as = 'viewer' as const;
    for (const path of ['', `/${name}`, `/${name}/history`])
      expect((await yard.ask(`/v1/groups${path}`, { as })).status).toBe(200);
    for (const [method, path] of [
      ['PUT', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/resume'],
    ] as const) {
      const json = method === 'PUT' ? { json: wish(name) } : {};
      expect((await yard.ask(`/v1/groups/${name}${path}`, { method, as, ...json })).status).toBe(403);
    }
  });
});

describe('a node whose role scaling decides about', () => {
  test('is moved, asked for and ended only when its group is paused, or by force', async () => {
    const name = fresh();
    await put(name, wish(name));
    const { id } = await nodeAt(yard.app.store, 'INSERVICE', { group: name, role: 'edge' });
    const post = (path: string, json: unknown) =>
      yard.ask<ErrorTold>(path, { method: 'POST', as: 'operator', json });
    const request = { group: name, role: 'edge', stack: 'local-node' };
    const tries = [
      [`/v1/nodes/${id}/state`, { to: 'SUNSET' }],
      [`/v1/nodes/${id}/state`, { to: 'DOOMED' }],
      [`/v1/nodes/${id}/destroy`, {}],
      ['/v1/nodes', request],
    ] as const;
    for (const [path, json] of tries) {
      const { status, body } = await post(path, json);
      expect([status, body.error.code]).toEqual([409, 'ROLE_IS_AUTO']);
      expect(body.error.message).toContain(`nodeyard group pause ${name}`);
    }
    await ask('POST', `/${name}/pause`);
    expect((await post(`/v1/nodes/${id}/state`, { to: 'SUNSET', expected: ['INSERVICE'] })).status).toBe(200);
    expect((await post('/v1/nodes', request)).status).toBe(202);
    await ask('POST', `/${name}/resume`);
    expect((await post(`/v1/nodes/${id}/destroy`, { force: true })).status).toBe(202);
  });
});
