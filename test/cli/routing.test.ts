/** `nodeyard route` and `nodeyard explain` beside a real Redis. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplainedGroup } from '../../src/fleet/scaling/explain.js';
import { type GroupConfigInput, groupConfigSchema } from '../../src/groups/config.js';
import type { Route } from '../../src/routing/routing.js';
import { nodeAt, type Standing } from '../store/support.js';
import { Yard } from '../support/yard.js';
import { call, callJson, type ErrorValue } from './command-line.js';
import { beside } from './yard-line.js';

let yard: Yard;
beforeAll(async () => {
  yard = await Yard.open();
});
afterAll(() => yard.close());

const run = (...argv: string[]) => call(argv, beside(yard));
const json = <T = ErrorValue>(...argv: string[]) => callJson<T>(argv, beside(yard));
let made = 0;
const configured = async (
  role: Partial<GroupConfigInput['roles'][string]> = {},
  more: object = {},
): Promise<string> => {
  const name = `group${++made}`;
  const config = { name, stack: 'local-node', roles: { edge: { max: 4, ...role } }, ...more };
  await yard.app.groups.put(groupConfigSchema.parse(config));
  return name;
};
const nodeIn = async (group: string, standing: Standing, connections?: number): Promise<string> => {
  const { id } = await nodeAt(yard.app.store, standing, { group, role: 'edge' });
  if (connections !== undefined)
    await yard.app.heartbeats.beat(id, { load: { connections }, silenceMs: 60_000 });
  return id;
};

describe('nodeyard route', () => {
  it('names the nodes that serve next with what is needed to reach them', async () => {
    const group = await configured();
    const busy = await nodeIn(group, 'INSERVICE', 20);
    const idle = await nodeIn(group, 'INSERVICE', 10);
    const told = await run('route', group, '--role', 'edge', '--count', '2');
    expect(told.status).toBe(0);
    const [heads = '', first = '', second = ''] = told.stdout.split('\n');
    expect(heads.split(/ +/)).toEqual(['NODE', 'RANKING', 'CONNECTIONS', 'HEARD', 'OUTPUTS']);
    expect(first).toMatch(new RegExp(`^${idle} +10 +10 +0s ago`));
    expect(second).toMatch(new RegExp(`^${busy} +20`));
    const { value } = await json<Route>('route', group, '--role', 'edge');
    expect(value.nodes.map(({ id }) => id)).toEqual([idle]);
  });

  it('says why there is none, and ends with 4 where there is nothing to ask about', async () => {
    const group = await configured();
    expect(await run('route', group, '--role', 'edge')).toEqual({
      status: 0,
      stdout: '',
      stderr: 'no node of the role is in service\n',
    });
    expect(await json('route', group, '--role', 'hedge')).toMatchObject({
      status: 4,
      value: { error: { code: 'UNKNOWN_GROUP', field: 'role' } },
    });
    expect((await run('route', group)).stderr).toContain('--role');
    expect((await json('route', group, '--role', 'edge', '--count', '0')).value.error.field).toBe('--count');
  });
});

describe('nodeyard explain', () => {
  it('tells in words why each role has its size, and what comes next', async () => {
    const group = await configured({ min: 2 });
    const failed = await nodeIn(group, 'FAILED create');
    await nodeIn(group, 'INSERVICE', 3);
    const { status, stdout } = await run('explain', group);
    expect(status).toBe(0);
    expect(stdout).toContain(`group ${group}: scaling decides about its AUTO roles`);
    expect(stdout).toMatch(/\nedge +1 → 2 +2 +4 +1 +0 +0 +0 +1\n/);
    expect(stdout).toContain('  because  min is 2\n');
    expect(stdout).toContain('  next     one node is created\n');
    expect(stdout).toMatch(new RegExp(`  node     ${failed}  FAILED  its create failed; destroyed in \\dm`));
    const { value } = await json<ExplainedGroup>('explain', group);
    expect(value.roles).toMatchObject([{ role: 'edge', size: 1, desired: 2 }]);
  });

  it('tells of a pause, of roles that the group does not name, and of its end', async () => {
    const group = await configured({ min: 1 }, { isScalingPaused: true });
    await nodeAt(yard.app.store, 'INSERVICE', { group, role: 'old' });
    const paused = (await run('explain', group)).stdout;
    expect(paused).toContain('paused, nothing is created, drained or destroyed by itself');
    expect(paused).toContain('next     nothing, until somebody does it');
    expect(paused).toContain('role old is not in the group, and has 1 node: they are yours');
    await yard.app.groups.delete(group);
    expect((await run('explain', group)).stdout).toBe(
      `group ${group}: being deleted, all its nodes are destroyed\n1 left, 1 of them are told next\n`,
    );
    expect((await json('explain', 'nothing')).value.error.code).toBe('UNKNOWN_GROUP');
  });
});
