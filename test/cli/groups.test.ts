/** `nodeyard apply`, `group` and `move` beside a real Redis. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Difference } from '../../src/groups/difference.js';
import type { Group } from '../../src/groups/groups.js';
import type { GroupEntry } from '../../src/groups/history.js';
import { nodeAt } from '../store/support.js';
import { Yard } from '../support/yard.js';
import { CommandLine, call, callJson, type ErrorValue, type Surroundings } from './command-line.js';
import { beside } from './yard-line.js';

let yard: Yard;
beforeAll(async () => {
  yard = await Yard.open();
});
afterAll(() => yard.close());

const run = (argv: readonly string[], more: Surroundings = {}) => call(argv, beside(yard, more));
const json = <T = ErrorValue>(argv: readonly string[], more: Surroundings = {}) =>
  callJson<T>(argv, beside(yard, more));
const file = (name: string, text: string): string => {
  writeFileSync(join(yard.dataDir, name), text);
  return name;
};
const revisionOf = async (name: string) => (await yard.app.groups.get(name))?.revision;

interface Applied {
  readonly applied: boolean;
  readonly groups: readonly {
    name: string;
    from: number | null;
    revision?: number;
    differences: Difference[];
  }[];
}

let made = 0;
const fresh = (): string => `cli${++made}`;
const yaml = (name: string, max = 4, more = ''): string =>
  `# a comment\nname: ${name}\nstack: local-node\n${more}roles:\n  edge:\n    max: ${max}\n    warmUp: 90s\n`;
const applied = async (name: string, more?: string): Promise<string> => {
  await run(['apply', '-f', file(`${name}.yaml`, yaml(name, 4, more)), '--yes']);
  return name;
};

describe('nodeyard apply', () => {
  it('shows what is new, changed and gone, field by field, and does it', async () => {
    const name = fresh();
    const first = await run(['apply', '-f', file('a.yaml', yaml(name)), '--yes']);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      `group ${name} is new`,
      ' + stack local-node',
      ' + roles.edge.max 4',
      ' + roles.edge.warmUp 90s',
      `applied 1 group: ${name}`,
      '',
    ]);
    const again = await run(['apply', '-f', 'a.yaml']);
    expect(again.stdout).toBe(`group ${name} is so already, at revision 1\n`);
    const text = `${yaml(name, 8, 'description: for all\n').replace(/ {4}warmUp.*\n/, '')}  origin: { max: 1, min: 1 }\n`;
    const second = await run(['apply', '-f', file('b.yaml', text), '--yes']);
    expect(second.stdout).toMatch(/\n {2}\+ description +for all\n/);
    expect(second.stdout).toMatch(/\n {2}~ roles\.edge\.max +4 → 8\n {2}~ roles\.edge\.warmUp +90s → 1m\n/);
    expect(second.stdout).toMatch(/\n {2}\+ roles\.origin\.max +1\n/);
    const third = await run(['apply', '-f', 'a.yaml', '--yes']);
    expect(third.stdout).toMatch(/\n {2}- description +for all\n/);
    expect(third.stdout).toMatch(/\n {2}- roles\.origin +max 1\n/);
    expect(await revisionOf(name)).toBe(3);
  });

  it('tells with --dry-run by its status whether there is a difference, and changes nothing', async () => {
    const name = fresh();
    const path = file('dry.yaml', yaml(name));
    const dry = await json<Applied>(['apply', '-f', path, '--dry-run']);
    expect(dry).toMatchObject({ status: 7, value: { applied: false, groups: [{ name, from: null }] } });
    expect(dry.value.groups[0]?.differences).toContainEqual({ field: 'roles.edge.warmUp', after: 90_000 });
    expect(await revisionOf(name)).toBeUndefined();
    await run(['apply', '-f', path, '--yes']);
    expect(await run(['apply', '-f', path, '--dry-run'])).toMatchObject({ status: 0 });
  });

  it('takes several documents and files, of YAML and of JSON, and standard input', async () => {
    const names = [fresh(), fresh(), fresh(), fresh()];
    const [a = '', b = '', c = '', d = ''] = names;
    file('two.yaml', `---\n${yaml(a)}---\n${yaml(b)}---\n`);
    file('one.json', JSON.stringify({ name: c, stack: 'local-node', roles: { edge: { max: 1 } } }));
    const argv = ['apply', '-f', 'two.yaml', '-f', 'one.json', '--file', '-', '--yes'];
    const { status, value } = await json<Applied>(argv, { stdin: yaml(d) });
    expect(status).toBe(0);
    expect(value.groups.map(({ name, revision }) => [name, revision])).toEqual(
      names.map((name) => [name, 1]),
    );
  });

  it('changes nothing at all when one of several is wrong, and says which and where', async () => {
    const [good, bad] = [fresh(), fresh()];
    const wrong: [text: string, field: string | null, words: string][] = [
      [yaml(bad, 5_000), 'roles.edge.max', 'w.yaml, document 2: roles.edge.max: must be at most 1024'],
      [yaml(bad, 4, 'size: 3\n'), 'size', 'is not a known field'],
      [yaml(bad, 4, 'inputs: { messages: 1 }\n'), 'roles.edge.inputs.messages', 'document 2'],
      [yaml(bad).replace('local-node', 'other'), 'roles.edge.stack', 'other'],
      [`${yaml(bad)}name: twice\n`, '-f', 'document 2: is not YAML'],
      [`name: [${bad}\n`, '-f', 'is not YAML'],
      [yaml(good), '-f', 'stands in w.yaml, document 1 and in w.yaml, document 2'],
      ['a: &a [1]\nb: *c\n', '-f', 'document 2'],
    ];
    for (const [text, field, words] of wrong) {
      file('w.yaml', `${yaml(good)}---\n${text}`);
      const { status, value } = await json(['apply', '-f', 'w.yaml', '--yes']);
      expect([status, value.error.field]).toEqual([2, field]);
      expect(value.error.message).toContain(words);
    }
    expect([await revisionOf(good), await revisionOf(bad)]).toEqual([undefined, undefined]);
  });

  it.each<[readonly string[], string]>([
    [['apply'], '-f, --file <file>'],
    [['apply', '-f', 'nowhere.yaml'], 'cannot be read (ENOENT)'],
    [['apply', '-f', '-'], 'there is no group'],
    [['apply', '-f', '-', '--yes', '--dry-run'], '--dry-run'],
  ])('%j is refused', async (argv, words) => {
    const { status, value } = await json(argv);
    expect(status).toBe(2);
    expect(value.error.message).toContain(words);
  });

  it('asks a person, does it for a yes, and nothing for anything else', async () => {
    const name = fresh();
    const path = file('ask.yaml', yaml(name));
    for (const stdin of ['n\n', '\n', '', 'yesterday\n']) {
      const { status, stdout } = await run(['apply', '-f', path, '--no-color'], { tty: true, stdin });
      expect(status).toBe(2);
      expect(stdout).toContain('1 group would be changed. Do it? [y/N]');
      expect(await revisionOf(name)).toBeUndefined();
    }
    expect(await run(['apply', '-f', path])).toMatchObject({ status: 2 });
    const { status } = await run(['apply', '-f', path], { tty: true, stdin: 'y\n' });
    expect([status, await revisionOf(name)]).toEqual([0, 1]);
  });

  it('leaves a pause as it is that the file does not speak of', async () => {
    const name = await applied(fresh());
    await run(['group', 'pause', name]);
    await run(['apply', '-f', file('p.yaml', yaml(name, 9)), '--yes']);
    expect((await yard.app.groups.get(name))?.config).toMatchObject({
      isScalingPaused: true,
      roles: { edge: { max: 9 } },
    });
    const text = yaml(name, 9, 'isScalingPaused: false\n');
    const { stdout } = await run(['apply', '-f', file('p.yaml', text), '--yes']);
    expect(stdout).toMatch(/~ isScalingPaused +true → false/);
  });

  it('does nothing about a group that is being deleted, nor about the others', async () => {
    const [other, name] = [fresh(), await applied(fresh())];
    await yard.app.groups.delete(name);
    file('d.yaml', `${yaml(other)}---\n${yaml(name, 9)}`);
    expect(await json(['apply', '-f', 'd.yaml', '--yes'])).toMatchObject({
      status: 6,
      value: { error: { code: 'GROUP_CONFLICT' } },
    });
    expect(await revisionOf(other)).toBeUndefined();
  });
});

describe('nodeyard group', () => {
  it('show tells the bounds of every role and the states of its nodes', async () => {
    const name = await applied(fresh());
    for (const [role, standing] of [
      ['edge', 'INSERVICE'],
      ['edge', 'CREATING'],
      ['gone', 'CREATED'],
      ['edge', 'DESTROYED'],
    ] as const)
      await nodeAt(yard.app.store, standing, { group: name, role, id: fresh() });
    const { stdout } = await run(['group', 'show', name]);
    expect(stdout).toMatch(/^scaling +on$/m);
    expect(stdout).toMatch(/^edge +AUTO +0 +4 +2 +CREATING 1, INSERVICE 1$/m);
    expect(stdout).toMatch(/^\(others\) +1$/m);
    const { value } = await json<{ group: Group; nodes: object }>(['group', 'show', name]);
    expect(value).toEqual({
      group: await yard.app.groups.get(name),
      nodes: {
        roles: { edge: { CREATING: 1, INSERVICE: 1 } },
        all: { CREATING: 1, CREATED: 1, INSERVICE: 1 },
      },
    });
  });

  it('ls lists them with how each is, and what cannot be read', async () => {
    const [on, paused, deleted] = [await applied(fresh()), await applied(fresh()), await applied(fresh())];
    await yard.app.groups.pause(paused, true);
    await yard.app.groups.delete(deleted);
    const { stdout } = await run(['group', 'ls']);
    for (const [name, word] of [
      [on, 'on'],
      [paused, 'paused'],
      [deleted, 'deleting'],
    ])
      expect(stdout).toMatch(new RegExp(`^${name} +${word} +0 +edge +\\d`, 'm'));
    await yard.app.redis.hset(`{nodeyard}:group:${on}`, 'config', '{');
    expect((await run(['group', 'ls'])).stderr).toContain(`the record of ${on} cannot be read`);
    const { value } = await json<{ groups: Group[]; unreadable: string[] }>(['group', 'ls']);
    expect(value.unreadable).toEqual([on]);
    expect(value.groups.map(({ config }) => config.name)).toContain(paused);
    await yard.app.redis.del(`{nodeyard}:group:${on}`);
  });

  it('pause and resume change the group once, and history tells who and why', async () => {
    const name = await applied(fresh());
    expect((await run(['group', 'pause', name, '--reason', 'noon'])).stdout).toBe(`paused ${name}\n`);
    expect((await run(['group', 'pause', name])).stdout).toBe(`${name} is paused already\n`);
    expect((await run(['group', 'resume', name])).stdout).toBe(`resumed ${name}\n`);
    const { stdout } = await run(['group', 'history', name]);
    expect(stdout).toMatch(/^AT +WHAT +WHO +ROLE +MESSAGE\n/);
    expect(stdout).toMatch(/Z +paused +nodeyard group pause +scaling is paused: noon$/m);
    const page = await json<{ entries: GroupEntry[]; cursor: string }>([
      'group',
      'history',
      name,
      '--limit',
      '2',
    ]);
    expect(page.value.entries.map(({ kind }) => kind)).toEqual(['resumed', 'paused']);
    const rest = await run(['group', 'history', name, '--cursor', page.value.cursor]);
    expect(rest.stdout).toMatch(/created +nodeyard apply/);
  });

  it('delete says what it would do, does it with --yes, and waits with --wait until the group is gone', async () => {
    const name = await applied(fresh());
    const id = fresh();
    await nodeAt(yard.app.store, 'INSERVICE', { group: name, role: 'edge', id });
    const asked = await json(['group', 'delete', name]);
    expect(asked.status).toBe(2);
    expect(asked.value.error.message).toContain('would destroy 1 node');
    expect((await yard.app.groups.get(name))?.deletedAt).toBeUndefined();
    expect((await run(['group', 'delete', name, '--yes'])).stdout).toContain('with 1 node');
    const late = await json(['group', 'delete', name, '--yes', '--wait', '--timeout', '50ms']);
    expect([late.status, late.value.error.code]).toEqual([5, 'TIMED_OUT']);
    const line = new CommandLine(beside(yard));
    const waiting = line.run('group', 'delete', name, '--yes', '--wait');
    // It says what happens to the nodes meanwhile; the tail hears only what comes after it has begun to listen.
    const heard = line.printed('stderr', new RegExp(`${id}.*is noticed`));
    const noting = setInterval(
      () => void yard.app.store.note(id, { actor: 'operator', reason: 'is noticed' }),
      100,
    );
    await heard;
    clearInterval(noting);
    await yard.app.groups.remove(name);
    expect(await waiting).toBe(0);
    expect(line.stdout).toBe(`${name} is gone\n`);
  });

  it.each<[readonly string[]]>([
    [['show', 'nothing']],
    [['pause', 'nothing']],
    [['resume', 'nothing']],
    [['history', 'nothing']],
    [['delete', 'nothing']],
    [['delete', 'nothing', '--yes']],
  ])('%j says that there is no such group', async (argv) => {
    const { status, value } = await json(['group', ...argv]);
    expect([status, value.error.code]).toEqual([4, 'UNKNOWN_GROUP']);
  });
});

describe('nodeyard move', () => {
  it('moves a node in either vocabulary, from the state that was named, where its group is paused', async () => {
    const name = await applied(fresh());
    const { id } = await nodeAt(yard.app.store, 'INSERVICE', { group: name, role: 'edge', id: fresh() });
    const refused = await json(['move', id, 'SUNSET']);
    expect([refused.status, refused.value.error.code]).toEqual([6, 'ROLE_IS_AUTO']);
    expect((await json(['destroy', id])).status).toBe(6);
    await run(['group', 'pause', name]);
    expect((await json(['move', id, 'SUNSET', '--from', 'FAULT,CREATED'])).status).toBe(6);
    const moved = await json<{ changed: boolean; node: { state: string } }>([
      'move',
      id,
      'sunset',
      '--from',
      'INSERVICE',
    ]);
    expect(moved.value).toMatchObject({ changed: true, node: { state: 'SOFT_SUNSET' } });
    expect((await run(['move', id, 'FAULT', '--reason', 'noise'])).stdout).toMatch(/FAILED .*FAULT: .*noise/);
    expect((await json(['move', id, 'FIXED'])).status).toBe(2);
    expect((await json(['move', 'nobody', 'FAULT'])).status).toBe(4);
  });

  it('is not needed by create in a paused group, which says where there are more than max', async () => {
    const name = fresh();
    await run(['apply', '-f', file('m.yaml', yaml(name, 1, 'isScalingPaused: true\n')), '--yes']);
    const create = ['create', '--stack', 'local-node', '--group', name, '--role', 'edge'];
    expect((await run(create)).stderr).not.toContain('max');
    expect((await run(create)).stderr).toContain('now has 2 nodes of role edge, more than its max of 1');
  });

  it('is not needed by destroy --force', async () => {
    const name = await applied(fresh());
    const { id } = await nodeAt(yard.app.store, 'INSERVICE', { group: name, role: 'edge', id: fresh() });
    expect((await json(['destroy', id, '--force'])).status).toBe(0);
    expect((await yard.app.client.get(id)).state).toBe('DESTRUCTION_REQUESTED');
  });
});
