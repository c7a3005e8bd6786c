/** `--api`: the same commands, the same output and the same exit status as on Redis; and what cannot be asked of an API. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { groupConfigSchema } from '../../src/groups/config.js';
import { YardApi } from '../http/yard-api.js';
import { nodeAt } from '../store/support.js';
import { FLEETS, remote, surroundingsOf } from './both-fleets.js';
import { CommandLine, call, callJson, type ErrorValue } from './command-line.js';
import { beside } from './yard-line.js';

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open();
  const { store, webhooks, groups } = yard.app;
  await nodeAt(store, 'FAILED create', { id: 'f1', group: 'media' });
  await nodeAt(store, 'CREATED', { id: 'c1' });
  await nodeAt(store, 'DESTROYED', { id: 'gone' });
  await webhooks.add({ url: 'https://hooks.example.com/' }, { createdBy: 'a test' });
  const roles = { edge: { min: 1, max: 2, warmUp: '90s' }, hand: { max: 1, lifecycle: 'MANUAL' } };
  for (const name of ['edges', 'ended'])
    await groups.put(groupConfigSchema.parse({ name, stack: 'local-node', roles }), { who: 'a test' });
  await nodeAt(store, 'INSERVICE', { id: 'e1', group: 'edges', role: 'edge' });
  await nodeAt(store, 'CREATED', { id: 'o1', group: 'edges', role: 'old' });
  await groups.delete('ended');
});
afterAll(() => yard.close());

const NODE = ['--stack', 'local-node', '--group', 'g', '--role', 'r'];

/** What is read: nothing in it depends on who asks, or when. */
const READS: readonly (readonly string[])[] = [
  ['ls'],
  ['ls', '--state', 'FAULT', '--group', 'media'],
  ['ls', '--state', 'DESTROYED,CREATED', '--limit', '1'],
  ['ls', '--all'],
  ['ls', '--group', 'none'],
  ['ls', '--cursor', 'nonsense'],
  ['ls', '--group', 'no group'],
  ['show', 'f1'],
  ['show', 'c1'],
  ['show', 'nobody'],
  ['show', 'no id'],
  ['logs', 'c1'],
  ['logs', 'nobody'],
  ['command', 'c1'],
  ['command', 'nobody'],
  ['stacks'],
  ['stacks', 'local-node'],
  ['stacks', 'none'],
  ['state', 'ls'],
  ['state', 'show', 'c1'],
  ['state', 'show', 'c1', '--version', '3'],
  ['state', 'show', 'nobody'],
  ['state', 'versions', 'c1'],
  ['state', 'versions', 'nobody'],
  ['state', 'quarantine'],
  ['state', 'quarantine', 'nobody'],
  ['state', 'export', 'c1', '--output', 'x'],
  ['webhook', 'ls'],
  ['webhook', 'show', 'wh3x9w2m1qa7kf'],
  ['webhook', 'rm', 'wh3x9w2m1qa7kf'],
  ['reconcile', '--dry-run'],
  ['watch', 'nobody'],
  ['retry', 'c1'],
  ['retry', 'nobody', 'c1', 'no id'],
  ['destroy', '--all', '--group', 'media'],
  ['destroy', 'nobody'],
  ['create', '--stack', 'none', '--group', 'g', '--role', 'r'],
  ['create', ...NODE, '--input', 'port=high'],
  ['create', ...NODE, '--input', 'port=high', '--count', '3'],
  ['create', ...NODE, '--input', 'unknown=1'],
  ['create', ...NODE, '--ttl', '1ms'],
  ['create', ...NODE, '--tag', 'nodeyard:x=y'],
  ['create', ...NODE, '--id', 'c1'],
  ['move', 'e1', 'SUNSET'],
  ['move', 'c1', 'FAULT', '--from', 'SUNSET,INSERVICE'],
  ['move', 'c1', 'CREATING'],
  ['move', 'nobody', 'FAULT'],
  ['move', 'no id', 'FAULT'],
  ['group', 'ls'],
  ['group', 'show', 'edges'],
  ['group', 'show', 'ended'],
  ['group', 'show', 'none'],
  ['group', 'show', 'no group'],
  ['group', 'history', 'edges'],
  ['group', 'history', 'ended', '--limit', '1'],
  ['group', 'history', 'ended', '--cursor', 'nonsense'],
  ['group', 'history', 'none'],
  ['group', 'pause', 'ended'],
  ['group', 'resume', 'edges'],
  ['group', 'pause', 'none'],
  ['group', 'delete', 'edges'],
  ['group', 'delete', 'ended', '--yes'],
  ['group', 'delete', 'none', '--yes'],
  ['group', 'delete', 'ended', '--yes', '--wait', '--timeout', '50ms'],
  ['explain', 'edges'],
  ['explain', 'ended'],
  ['explain', 'none'],
  ['route', 'edges', '--role', 'edge'],
  ['route', 'edges', '--role', 'edge', '--count', '3'],
  ['route', 'edges', '--role', 'hedge'],
  ['route', 'edges', '--role', 'no role'],
];

/** What is told of logs differs: they are somewhere else. */
const PLACE_OF_LOGS =
  /no log of node \w+ is kept[^"]*|Look in the data directory[^"\n]*|Ask the API on[^"\n]*/g;

describe.each(READS.map((argv) => [argv.join(' '), argv] as const))('nodeyard %s', (_, argv) => {
  test.each([['--json'], []])('says behind an API what it says on Redis %s', async (...more) => {
    const answers = [];
    for (const kind of FLEETS) {
      const { status, stdout, stderr } = await call([...argv, ...more], surroundingsOf(kind, yard));
      const value: unknown =
        more.length > 0 && stdout !== '' ? JSON.parse(stdout.replace(PLACE_OF_LOGS, '')) : stdout;
      const notes = stderr.replace(PLACE_OF_LOGS, '').replace(/^note: no worker is running.*\n/m, '');
      answers.push({ status, value, notes });
    }
    const [local, behindApi] = answers;
    expect(withoutAges(behindApi)).toEqual(withoutAges(local));
  });
});

/** `3 s`, which may be `4 s` for the second one who asks. */
const withoutAges = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer)
      .replaceAll(/\b\d+ ?(ms|s)\b(?: +)?/g, '<age>')
      .replaceAll(TIME_OF_LOOK, '"<look>"'),
  );

/** `explain` tells when it has looked. */
const TIME_OF_LOOK = /(?<="at":)\d{13}(?=,"roles")/g;

describe('what is changed', () => {
  test.each(FLEETS)('is changed in the same way on %s', async (kind) => {
    const mark = kind === 'Redis' ? 'a' : 'b';
    const json = <T = Record<string, unknown>>(...argv: string[]) =>
      callJson<T>(argv, surroundingsOf(kind, yard));
    const created = await json('create', ...NODE, '--count', '2', '--request-id', `key-${mark}`);
    expect([created.status, created.value]).toMatchObject([0, { created: 2, errors: [] }]);
    const again = await json('create', ...NODE, '--count', '2', '--request-id', `key-${mark}`);
    expect(again.value).toMatchObject({ created: 0 });
    const idsIn = ({ value }: typeof created) => (value['nodes'] as { id: string }[]).map(({ id }) => id);
    expect(idsIn(again)).toEqual(idsIn(created));
    const [id = ''] = idsIn(created);
    const late = await json('destroy', id, '--wait', '--timeout', '50ms');
    expect([late.status, late.value]).toMatchObject([5, { nodes: [], errors: [{ code: 'TIMED_OUT' }] }]);
    const retried = await json('retry', '--failed-creates');
    expect([retried.status, retried.value]).toMatchObject([0, { nodes: [{ id: 'f1' }] }]);
    const told = await json('command', 'c1', `Word${mark}`, '--payload', '{"a":1}', '--ttl', '1m');
    expect([told.status, told.value]).toMatchObject([
      0,
      { command: { name: `Word${mark}`, payload: { a: 1 } } },
    ]);
    const waited = await json('command', 'c1', 'Wait', '--wait', '--timeout', '20ms');
    expect([waited.status, waited.value]).toMatchObject([5, { error: { code: 'TIMED_OUT' } }]);
    const hook = await json<{ webhook: { id: string }; secret: string }>(
      ...['webhook', 'add', '--url', 'https://hooks.example.com/x', '--state', 'FAULT'],
    );
    expect([hook.status, hook.value.secret]).toEqual([0, expect.stringMatching(/^whsec_/)]);
    const refused = await json('webhook', 'add', '--url', 'ftp://x');
    expect([refused.status, refused.value]).toMatchObject([
      2,
      { error: { code: 'INVALID_INPUT', field: 'url' } },
    ]);
    expect((await json('webhook', 'rm', hook.value.webhook.id)).value).toEqual({
      removed: hook.value.webhook.id,
    });
  });
});

describe('groups', () => {
  const yaml = (name: string, max: number, more = ''): string =>
    `name: ${name}\nstack: local-node\n${more}roles:\n  edge: { max: ${max}, warmUp: 90s }\n`;

  test.each(FLEETS)(
    'are applied from files on %s, after the same look at what would be different',
    async (kind) => {
      const name = kind === 'Redis' ? 'group-a' : 'group-b';
      const apply = (stdin: string, ...more: string[]) =>
        call(['apply', '-f', '-', ...more], surroundingsOf(kind, yard, { stdin }));
      const dry = await apply(yaml(name, 4), '--dry-run');
      expect([dry.status, dry.stdout]).toEqual([
        7,
        [`group ${name} is new`, ...['  + stack              local-node', '  + roles.edge.max     4']]
          .concat('  + roles.edge.warmUp  90s', '')
          .join('\n'),
      ]);
      expect(await yard.app.groups.get(name)).toBeUndefined();
      const done = await apply(yaml(name, 4), '--yes');
      expect([done.status, done.stderr]).toEqual([0, '']);
      expect(done.stdout).toContain(`applied 1 group: ${name}\n`);
      const { status, value } = await callJson(
        ['apply', '-f', '-', '--yes'],
        surroundingsOf(kind, yard, { stdin: yaml(name, 8) }),
      );
      const differences = [{ field: 'roles.edge.max', before: 4, after: 8 }];
      expect([status, value]).toEqual([
        0,
        { applied: true, groups: [{ name, from: 1, revision: 2, differences }] },
      ]);
      expect((await apply(yaml(name, 8))).stdout).toBe(`group ${name} is so already, at revision 2\n`);
      const [by] = (await yard.app.groupHistory.list(name)).entries;
      expect(by?.who).toBe(kind === 'Redis' ? 'nodeyard apply' : 'token test-admin');
    },
  );

  test.each(FLEETS)('are not applied on %s where one is wrong, or ends', async (kind) => {
    const apply = (stdin: string) =>
      callJson<ErrorValue>(['apply', '-f', '-', '--yes'], surroundingsOf(kind, yard, { stdin }));
    const stack = await apply(`${yaml('fine', 1)}---\n${yaml('wrong', 1).replace('local-node', 'other')}`);
    expect([stack.status, stack.value.error]).toMatchObject([
      2,
      { code: 'UNKNOWN_STACK', field: 'roles.edge.stack' },
    ]);
    const inputs = await apply(yaml('wrong', 1, 'inputs: { messages: 1 }\n'));
    expect([inputs.status, inputs.value.error]).toMatchObject([
      2,
      { code: 'INVALID_INPUT', field: 'roles.edge.inputs.messages' },
    ]);
    const ended = await apply(`${yaml('fine', 1)}---\n${yaml('ended', 1)}`);
    expect([ended.status, ended.value.error.code]).toEqual([6, 'GROUP_CONFLICT']);
    for (const name of ['fine', 'wrong']) expect(await yard.app.groups.get(name), name).toBeUndefined();
  });

  test('that an API refuses are named, and those that were done before them', async () => {
    const stdin = `${yaml('before', 1)}---\n${yaml('wrong', 1, 'inputs: { messages: 1 }\n')}`;
    const surroundings = remote(yard, { stdin });
    const { status, value } = await callJson<ErrorValue>(['apply', '-f', '-', '--yes'], surroundings);
    // 2 would say that nothing was changed.
    expect(status).toBe(1);
    expect(value.error).toMatchObject({ code: 'INVALID_INPUT', field: 'roles.edge.inputs.messages' });
    expect(value.error.message).toMatch(/^group wrong: .*; done before it: before$/);
    expect(await yard.app.groups.get('before')).toBeDefined();
  });

  test.each(FLEETS)('are paused, their nodes moved, and ended on %s', async (kind) => {
    const name = kind === 'Redis' ? 'end-a' : 'end-b';
    const json = (...argv: string[]) => callJson(argv, surroundingsOf(kind, yard));
    await yard.app.groups.put(
      groupConfigSchema.parse({ name, stack: 'local-node', roles: { edge: { max: 2 } } }),
    );
    const { id } = await nodeAt(yard.app.store, 'INSERVICE', { group: name, role: 'edge' });
    const paused = await json('group', 'pause', name, '--reason', 'noon');
    expect(paused.value).toEqual({ group: await yard.app.groups.get(name), changed: true });
    const moved = await json('move', id, 'sunset', '--from', 'INSERVICE', '--reason', 'noon');
    expect(moved.value).toEqual({ node: await yard.app.store.get(id), changed: true });
    const said = (await yard.app.store.history(id)).at(-1)?.reason;
    expect(said).toBe(`${kind === 'Redis' ? '' : 'token test-admin: '}nodeyard move: noon`);
    const resumed = await json('group', 'resume', name);
    expect(resumed.value).toEqual({ group: await yard.app.groups.get(name), changed: true });

    const line = new CommandLine(surroundingsOf(kind, yard));
    const waiting = line.run('group', 'delete', name, '--yes', '--wait');
    await expect
      .poll(async () => (await yard.app.groups.get(name))?.deletedAt, { timeout: 10_000 })
      .toBeDefined();
    await yard.app.groups.remove(name);
    expect(await waiting).toBe(0);
    expect(line.stdout).toBe(`${name} is gone\n`);
  });
});

describe('watch', () => {
  test.each(FLEETS)('shows what was and what comes on %s, until Ctrl-C', async (kind) => {
    const line = new CommandLine(surroundingsOf(kind, yard));
    const ended = line.run('watch', 'c1', '--since', '0', '--json');
    await line.printed('stdout', /"to":"CREATED"/);
    line.interrupts.raise('SIGINT');
    expect(await ended).toBe(0);
    const expected = (await yard.app.store.history('c1')).slice(0, 3);
    expect(line.values.slice(0, 3)).toEqual(expected);
  });

  test('draws its board from an API', async () => {
    const line = new CommandLine(remote(yard, { tty: true }));
    const ended = line.run('watch');
    await line.printed('stdout', /c1 .*CREATED/);
    line.interrupts.raise('SIGINT');
    expect(await ended).toBe(0);
  });
});

describe('what cannot be had from an API', () => {
  test.each([
    ['up'],
    ['worker'],
    ['api'],
    ['demo'],
    ['doctor'],
    ['token', 'create', '--name', 'x', '--scope', 'admin'],
    ['token', 'ls'],
    ['token', 'revoke', 'x'],
    ['token', 'node', 'c1'],
    ['state', 'import', 'c1', '--input', 'x'],
    ['reconcile'],
  ])('is refused with what to do instead: %s %s', async (...argv) => {
    for (const api of [[], ['--api', yard.api.url]]) {
      const { status, value } = await callJson<ErrorValue>([...argv, ...api], remote(yard));
      expect(status).toBe(2);
      expect(value.error).toMatchObject({ code: 'INVALID_INPUT', field: api[0] ?? 'NODEYARD_API_URL' });
      expect(value.error.mend).toMatch(/--api|--dry-run/);
    }
  });
});

describe('which fleet is meant', () => {
  test('says the option before the variable, and either option of this machine before that', async () => {
    const wrong = { env: { NODEYARD_API_URL: 'http://127.0.0.1:1' } };
    const byOption = await call(['ls', '--api', yard.api.url], remote(yard, wrong));
    expect(byOption.status).toBe(0);
    expect((await call(['ls'], remote(yard, wrong))).status).toBe(3);
    const local = ['--redis', yard.yard.redis.socket];
    expect((await call(['show', 'c1', ...local], beside(yard.yard, wrong))).status).toBe(0);
    const both = await callJson<ErrorValue>(['ls', '--api', yard.api.url, ...local], beside(yard.yard));
    expect([both.status, both.value.error.field]).toEqual([2, '--redis']);
  });

  test('is not read from a configuration, nor is that looked at', async () => {
    const surroundings = remote(yard, { env: { NODEYARD_CONFIG: '/nonexistent/config.json' } });
    expect((await call(['ls'], surroundings)).status).toBe(0);
  });
});

describe('an API that', () => {
  const ask = (argv: readonly string[], env: Record<string, string>) =>
    callJson<ErrorValue>(argv, remote(yard, { env }));
  async function serving(listener: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  test('is not there ends commands with 3, by its address', async () => {
    for (const argv of [
      ['ls'],
      ['watch'],
      ['create', ...NODE],
      ['destroy', 'a', 'b'],
      ['stacks'],
      ['group', 'ls'],
      ['explain', 'edges'],
    ]) {
      const { status, value } = await ask(argv, { NODEYARD_API_URL: 'http://127.0.0.1:1' });
      expect([argv, status, value.error.code]).toEqual([argv, 3, 'API_UNAVAILABLE']);
      expect(value.error.message).toContain('http://127.0.0.1:1');
    }
  });

  test('has lost its Redis says so', async () => {
    const away = {
      error: { code: 'REDIS_UNAVAILABLE', message: 'Redis is away', mend: 'm', requestId: 'r' },
    };
    await serving(
      (_, response) =>
        response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify(away)),
      async (url) => {
        const { status, value } = await ask(['ls'], { NODEYARD_API_URL: url });
        expect([status, value.error.code]).toEqual([3, 'REDIS_UNAVAILABLE']);
      },
    );
  });

  test('does not know the token, or gives it too little, says so once', async () => {
    const wrong = `nyt_abcdefghij_${'A'.repeat(43)}`;
    for (const argv of [['ls'], ['destroy', 'a', 'b'], ['watch'], ['create', ...NODE]]) {
      const { status, value } = await ask(argv, { NODEYARD_API_TOKEN: wrong });
      expect([argv, status, value.error.code]).toEqual([argv, 2, 'UNAUTHENTICATED']);
      expect(value.error.mend).toContain('NODEYARD_API_TOKEN');
    }
    const viewer = { NODEYARD_API_TOKEN: yard.tokens.viewer };
    for (const argv of [
      ['destroy', 'a', 'b'],
      ['create', ...NODE],
      ['webhook', 'ls'],
      ['move', 'e1', 'SUNSET'],
      ['group', 'pause', 'edges'],
      ['group', 'delete', 'edges', '--yes'],
    ]) {
      const { status, value } = await ask(argv, viewer);
      expect([argv, status, value.error.code]).toEqual([argv, 6, 'FORBIDDEN']);
    }
    const none = await ask(['ls'], { NODEYARD_API_TOKEN: '' });
    expect([none.status, none.value.error.code]).toEqual([2, 'UNAUTHENTICATED']);
  });

  test('has ended the token says so to whoever comes next', async () => {
    const { token, record } = await yard.app.tokens.create({ name: 'short', scope: 'viewer' });
    expect((await ask(['ls'], { NODEYARD_API_TOKEN: token })).status).toBe(0);
    await yard.app.tokens.revoke(record.id);
    const code = async () => {
      const { value } = await ask(['ls'], { NODEYARD_API_TOKEN: token });
      return value.error?.code;
    };
    await expect.poll(code, { timeout: 10_000 }).toBe('UNAUTHENTICATED');
  });

  test('is older has routes less, and is none at all where the URL is wrong', async () => {
    const old = {
      error: { code: 'NOT_FOUND', message: 'there is nothing at this path', mend: 'm', requestId: 'r' },
    };
    await serving(
      (_, response) =>
        response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(old)),
      async (url) => {
        const { status, value } = await ask(['webhook', 'ls'], { NODEYARD_API_URL: url });
        expect([status, value.error.code]).toEqual([2, 'NOT_FOUND']);
        expect(value.error.message).toContain('GET /v1/webhooks');
        expect(value.error.mend).toContain('older');
      },
    );
    await serving(
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      async (url) => {
        const { status, value } = await ask(['ls'], { NODEYARD_API_URL: url });
        expect([status, value.error.code]).toEqual([2, 'API_REFUSED']);
      },
    );
    const within = await ask(['ls'], { NODEYARD_API_URL: `${yard.api.url}/v1` });
    expect([within.status, within.value.error.code]).toEqual([2, 'NOT_FOUND']);
  });

  test('may not be told a token is told none, and no word of it is shown', async () => {
    const secret = yard.tokens.admin;
    const plain = await ask(['ls'], { NODEYARD_API_URL: 'http://api.example.com' });
    expect([plain.status, plain.value.error.field]).toEqual([2, 'NODEYARD_API_URL']);
    expect(plain.value.error.mend).toContain('--allow-plain-http');
    const option = await ask(['ls', '--api', 'https://me:secret@api.example.com'], {});
    expect([option.status, option.value.error.field]).toEqual([2, '--api']);
    const broken = await call(['ls'], remote(yard, { env: { NODEYARD_API_TOKEN: `${secret} ${secret}` } }));
    expect(broken.status).toBe(2);
    expect(broken.stderr).toContain('NODEYARD_API_TOKEN');
    for (const text of [JSON.stringify(plain), JSON.stringify(option), broken.stdout, broken.stderr]) {
      expect(text).not.toContain(secret.slice(15));
    }
  });
});
