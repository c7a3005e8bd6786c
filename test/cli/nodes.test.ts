/** Commands on a real Redis without a worker: nodes stay where they were asked to be. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeState } from '../../src/node/lifecycle.js';
import type { NodeEvent, NodeRecord } from '../../src/node/record.js';
import { Yard } from '../support/yard.js';
import { CommandLine, call, callJson, type ErrorValue } from './command-line.js';
import { beside } from './yard-line.js';

interface Nodes {
  readonly created?: number;
  readonly nodes: readonly NodeRecord[];
  readonly errors: readonly ({ readonly nodeId: string } & ErrorValue['error'])[];
}

let yard: Yard;
beforeEach(async () => {
  yard = await Yard.open();
});
afterEach(() => yard.close());

const NODE = ['--stack', 'local-node', '--group', 'g', '--role', 'r'];
const json = <T = Nodes>(...argv: string[]) => callJson<T>(argv, beside(yard));
const text = (...argv: string[]) => call(argv, beside(yard));

async function fail(id: string, operation: 'create' | 'destroy', message = 'no such image'): Promise<void> {
  const { store } = yard.app;
  const begun = await store.begin(id, { operation, holder: `test-${operation}`, leaseMs: 60_000 });
  if ('refused' in begun) throw new Error(begun.refused);
  await store.transition(id, {
    to: 'FAILED',
    actor: 'terraform',
    epoch: begun.epoch,
    failure: { operation, code: 'BAD_REQUEST', message, diagnostics: [], retryable: false, attempts: 1 },
  });
  await store.release(id, { epoch: begun.epoch, holder: `test-${operation}` });
}

describe('create', () => {
  it('records the request as it was typed', async () => {
    const { status, value } = await json(
      ...['create', ...NODE, '--id', 'n1', '--input', 'port=0', '--input', 'message=5', '--tag', 'team=a=b'],
      ...['--label', 'x=y', '--ttl', '2h', '--request-id', 'req', '--on-failure', 'keep'],
    );
    expect(status).toBe(0);
    expect(value).toMatchObject({ created: 1, errors: [], nodes: [{ id: 'n1', state: 'REQUESTED' }] });
    expect(await yard.app.store.get('n1')).toMatchObject({
      group: 'g',
      role: 'r',
      stack: 'local-node',
      inputs: { port: 0, message: '5' },
      tags: { team: 'a=b' },
      labels: { x: 'y' },
      ttl: 7200,
      requestId: 'req',
      onFailure: 'keep',
    });
  });

  it('reads inputs from standard input', async () => {
    const surroundings = beside(yard, { stdin: '{"message":"from afar"}' });
    const { value } = await callJson<Nodes>(['create', ...NODE, '--inputs', '-'], surroundings);
    expect(value.nodes[0]?.inputs).toEqual({ message: 'from afar' });
  });

  it('makes as many nodes as were asked for, and none twice under one key', async () => {
    const argv = ['create', ...NODE, '--count', '3', '--request-id', 'batch'];
    const first = await json(...argv);
    const again = await json(...argv);
    expect([first.value.created, again.value.created]).toEqual([3, 0]);
    expect(again.value.nodes.map(({ id }) => id)).toEqual(first.value.nodes.map(({ id }) => id));
    expect((await yard.app.store.list({})).nodes).toHaveLength(3);
  });

  it('refuses an id that another request has, with status 6', async () => {
    await json('create', ...NODE, '--id', 'n1');
    const { status, value } = await json(
      'create',
      '--stack',
      'local-node',
      '--group',
      'other',
      '--role',
      'r',
      '--id',
      'n1',
    );
    expect(status).toBe(6);
    expect(value.errors).toMatchObject([{ code: 'REQUEST_CONFLICT' }]);
  });

  it('says that no worker runs', async () => {
    const { status, stdout, stderr } = await text('create', ...NODE);
    expect(stderr).toMatch(/no worker is running; start one with `nodeyard up`/);
    expect(stdout).toMatch(/REQUESTED/);
    expect(status).toBe(0);
  });

  it('that waits in vain ends with status 5, and the request stays', async () => {
    const { status, value } = await json('create', ...NODE, '--id', 'n1', '--wait', '--timeout', '50ms');
    expect(status).toBe(5);
    expect(value.errors).toMatchObject([{ nodeId: 'n1', code: 'TIMED_OUT' }]);
    expect((await yard.app.store.get('n1'))?.state).toBe('REQUESTED');
  });

  it('that is interrupted while it waits ends with status 130, and the request stays', async () => {
    const line = new CommandLine(beside(yard));
    const ended = line.run('create', ...NODE, '--id', 'n1', '--wait');
    await line.printed('stderr', /no worker is running/);
    line.interrupts.raise('SIGINT');
    expect(await ended).toBe(130);
    expect(line.stderr).toMatch(/error: interrupted by SIGINT\nmend: What was asked for goes on/);
    expect((await yard.app.store.get('n1'))?.state).toBe('REQUESTED');
  });
});

describe('ls', () => {
  beforeEach(async () => {
    for (const [id, group] of [
      ['a', 'g'],
      ['b', 'g'],
      ['c', 'h'],
      ['d', 'h'],
    ] as const) {
      await yard.app.client.requestNode({ id, group, role: 'r', stack: 'local-node' });
    }
    await fail('b', 'create');
    await yard.app.client.requestDestruction('d');
  });

  const ids = async (...argv: string[]): Promise<string[]> =>
    (await json('ls', ...argv)).value.nodes.map(({ id }) => id);

  it('lists in order of creation, filtered by state, group and role', async () => {
    expect(await ids()).toEqual(['a', 'b', 'c', 'd']);
    expect(await ids('--group', 'h')).toEqual(['c', 'd']);
    expect(await ids('--role', 'none')).toEqual([]);
    expect(await ids('--state', 'fault,DOOMED')).toEqual(['b', 'd']);
    expect(await ids('--state', 'FAILED', '--state', 'REQUESTED', '--group', 'g')).toEqual(['a', 'b']);
  });

  it('goes on where an earlier listing ended', async () => {
    const { value } = await json<Nodes & { cursor: string }>('ls', '--limit', '3');
    expect(value.nodes).toHaveLength(3);
    expect(await ids('--cursor', value.cursor)).toEqual(['d']);
    expect(await ids('--all')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leaves out destroyed nodes unless they are asked for', async () => {
    const begun = await yard.app.store.begin('d', { operation: 'destroy', holder: 't', leaseMs: 60_000 });
    if ('refused' in begun) throw new Error(begun.refused);
    await yard.app.store.transition('d', { to: 'DESTROYED', actor: 'terraform', epoch: begun.epoch });
    expect(await ids()).toEqual(['a', 'b', 'c']);
    expect(await ids('--state', 'DESTROYED')).toEqual(['d']);
  });

  it('shows people a table with the reason of a failure', async () => {
    const { stdout } = await text('ls', '--group', 'g');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ID +STATE +FOR +GROUP +ROLE +STACK +ABOUT$/);
    expect(lines[1]).toMatch(/^a +REQUESTED +\d+s +g +r +local-node$/);
    expect(lines[2]).toMatch(/^b +FAILED .* create: BAD_REQUEST: no such image$/);
  });

  it('colours on a terminal only, and not where NO_COLOR or --no-color say so', async () => {
    const ESC = '\u001b[';
    const env = { NO_COLOR: undefined, FORCE_COLOR: undefined, TERM: 'xterm' };
    const out = async (argv: string[], tty: boolean, more = {}) =>
      (await call(['ls', ...argv], beside(yard, { tty, env: { ...env, ...more } }))).stdout;
    expect(await out([], true)).toContain(ESC);
    expect(await out([], false)).not.toContain(ESC);
    expect(await out(['--no-color'], true)).not.toContain(ESC);
    expect(await out([], true, { NO_COLOR: '1' })).not.toContain(ESC);
    expect(await out(['--json'], true)).not.toContain(ESC);
  });

  it('ends quietly when nobody reads any more', async () => {
    const line = new CommandLine(beside(yard));
    line.interrupts.raise('EPIPE');
    expect(await line.run('ls', '--all')).toBe(141);
    expect(line.stderr).toBe('');
  });
});

describe('show', () => {
  it('gives the record and its history', async () => {
    await yard.app.client.requestNode({ id: 'n1', group: 'g', role: 'r', stack: 'local-node' });
    const { status, value } = await json<{ node: NodeRecord; history: NodeEvent[] }>('show', 'n1');
    expect(status).toBe(0);
    expect(value.node).toEqual(await yard.app.store.get('n1'));
    expect(value.history.map(({ to }) => to)).toEqual<(NodeState | undefined)[]>(['REQUESTED']);
  });

  it('tells people why a node failed and what mends it', async () => {
    await yard.app.client.requestNode({ id: 'n1', group: 'g', role: 'r', stack: 'local-node' });
    await fail('n1', 'create');
    const { stdout } = await text('show', 'n1');
    expect(stdout).toMatch(/code +BAD_REQUEST\n +message +no such image\n +mend +The cloud refused a value/);
    expect(stdout).toMatch(/REQUESTED → CREATING +terraform +1/);
  });

  it('prints nothing that a terminal would obey', async () => {
    const request = {
      id: 'n1',
      group: 'g',
      role: 'r',
      stack: 'local-node',
      labels: { x: 'a\u001b]0;owned\u0007b' },
    };
    await yard.app.client.requestNode(request);
    await fail('n1', 'create', 'bad \u001b[2J\u009b1mimage\nsecond line');
    for (const argv of [['show', 'n1'], ['ls'], ['watch', '--since', '0']]) {
      const line = new CommandLine(beside(yard));
      const ended = line.run(...argv);
      await line.printed('stdout', /bad .*image/);
      line.interrupts.raise('SIGINT');
      await ended;
      expect(line.stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    }
  });

  it('ends with status 4 for a node that is not there, and with 2 for what is no id', async () => {
    const missing = await json<ErrorValue>('show', 'nobody');
    expect([missing.status, missing.value.error.code]).toEqual([4, 'UNKNOWN_NODE']);
    const wrong = await json<ErrorValue>('show', '../../etc/passwd');
    expect([wrong.status, wrong.value.error.code]).toEqual([2, 'INVALID_INPUT']);
  });
});

describe('destroy', () => {
  beforeEach(async () => {
    for (const id of ['a', 'b', 'c']) {
      await yard.app.client.requestNode({
        id,
        group: id === 'c' ? 'h' : 'g',
        role: 'r',
        stack: 'local-node',
      });
    }
  });
  const state = async (id: string) => (await yard.app.store.get(id))?.state;

  it('asks for the destruction of the named nodes, and names those that it cannot find', async () => {
    const { status, value } = await json('destroy', 'a', 'nobody', 'c');
    expect(status).toBe(4);
    expect(value.nodes.map(({ id, state: now }) => [id, now])).toEqual([
      ['a', 'DESTRUCTION_REQUESTED'],
      ['c', 'DESTRUCTION_REQUESTED'],
    ]);
    expect(value.errors).toMatchObject([{ nodeId: 'nobody', code: 'UNKNOWN_NODE' }]);
    expect(await state('b')).toBe('REQUESTED');
  });

  it('by filter changes nothing without --yes, and says how many it would be', async () => {
    const { status, value } = await json<ErrorValue>('destroy', '--all', '--group', 'g');
    expect(status).toBe(2);
    expect(value.error).toMatchObject({ field: '--yes', message: 'this would destroy 2 nodes' });
    expect(await state('a')).toBe('REQUESTED');
  });

  it('by filter with --yes reaches exactly those', async () => {
    const { status } = await json('destroy', '--all', '--group', 'g', '--yes');
    expect(status).toBe(0);
    expect([await state('a'), await state('b'), await state('c')]).toEqual([
      'DESTRUCTION_REQUESTED',
      'DESTRUCTION_REQUESTED',
      'REQUESTED',
    ]);
  });
});

describe('retry', () => {
  beforeEach(async () => {
    for (const id of ['c1', 'd1']) {
      await yard.app.client.requestNode({ id, group: 'g', role: 'r', stack: 'local-node' });
    }
    await yard.app.client.requestDestruction('d1');
    await fail('c1', 'create');
    await fail('d1', 'destroy');
  });

  it('of all failed destroys leaves the failed creates alone', async () => {
    const { status, value } = await json('retry', '--failed-destroys');
    expect(status).toBe(0);
    expect(value.nodes.map(({ id, state }) => [id, state])).toEqual([['d1', 'DESTRUCTION_REQUESTED']]);
    expect(await yard.app.store.get('c1')).toMatchObject({ state: 'FAILED', retryRequested: false });
  });

  it('of a failed create asks for another try', async () => {
    const { status, value } = await json('retry', '--failed-creates');
    expect(status).toBe(0);
    expect(value.nodes).toMatchObject([{ id: 'c1', retryRequested: true }]);
  });

  it('refuses a node that is not FAILED, with status 6', async () => {
    await yard.app.client.requestNode({ id: 'n', group: 'g', role: 'r', stack: 'local-node' });
    const { status, value } = await json('retry', 'n');
    expect(status).toBe(6);
    expect(value.errors).toMatchObject([{ nodeId: 'n', code: 'WRONG_STATE' }]);
  });
});

describe('watch', () => {
  it('prints every event as a line of JSON and ends with 0 on Ctrl-C', async () => {
    await yard.app.client.requestNode({ id: 'old', group: 'g', role: 'r', stack: 'local-node' });
    const line = new CommandLine(beside(yard));
    const ended = line.run('watch', '--since', '0', '--group', 'g', '--json');
    await line.printed('stdout', /"old"/);
    await yard.app.client.requestNode({ id: 'elsewhere', group: 'h', role: 'r', stack: 'local-node' });
    await yard.app.client.requestNode({ id: 'new', group: 'g', role: 'r', stack: 'local-node' });
    await line.printed('stdout', /"new"/);
    line.interrupts.raise('SIGINT');
    expect(await ended).toBe(0);
    expect(line.values.map(({ nodeId, to }) => [nodeId, to])).toEqual([
      ['old', 'REQUESTED'],
      ['new', 'REQUESTED'],
    ]);
  });

  it('draws a table that follows on a terminal', async () => {
    await yard.app.client.requestNode({ id: 'n1', group: 'g', role: 'r', stack: 'local-node' });
    const line = new CommandLine(beside(yard, { tty: true, env: { NO_COLOR: '1' } }));
    const ended = line.run('watch');
    await line.printed('stdout', /1 REQUESTED[\s\S]*n1 +REQUESTED/);
    await yard.app.client.requestDestruction('n1');
    await line.printed('stdout', /1 DESTRUCTION_REQUESTED[\s\S]*n1 +DESTRUCTION_REQUESTED/);
    line.interrupts.raise('SIGINT');
    expect(await ended).toBe(0);
  });

  it('refuses a node that is not there with status 4', async () => {
    expect((await json<ErrorValue>('watch', 'nobody')).status).toBe(4);
  });

  it('refuses what is no position with status 2', async () => {
    expect((await json<ErrorValue>('watch', '--since', 'yesterday')).status).toBe(2);
  });
});

describe('logs', () => {
  it('of a node without a run says so, with status 4', async () => {
    await yard.app.client.requestNode({ id: 'n1', group: 'g', role: 'r', stack: 'local-node' });
    const { status, value } = await json<ErrorValue>('logs', 'n1');
    expect(status).toBe(4);
    expect(value.error.message).toBe('node n1 has had no run yet');
  });

  it('that are on another machine are looked for there', async () => {
    await yard.app.client.requestNode({ id: 'n1', group: 'g', role: 'r', stack: 'local-node' });
    await fail('n1', 'create');
    const { status, value } = await json<ErrorValue>('logs', 'n1');
    expect(status).toBe(4);
    expect(value.error.message).toMatch(/no log of node n1 is kept below .*: its run was on another machine/);
    expect(value.error.mend).toMatch(/logs\/n1\//);
  });
});
