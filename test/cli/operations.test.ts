/** Commands beside a worker: real nodes, their logs and their states. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeRecord } from '../../src/node/record.js';
import { Yard } from '../support/yard.js';
import { CommandLine, call, callJson, type ErrorValue } from './command-line.js';
import { beside } from './yard-line.js';

let yard: Yard;
beforeEach(async () => {
  yard = await Yard.open();
  await yard.startWorker();
});
afterEach(() => yard.close());

const LOCAL = ['--stack', 'local-node', '--group', 'g', '--role', 'r'];
const json = <T = { nodes: readonly NodeRecord[] }>(...argv: string[]) => callJson<T>(argv, beside(yard));
const text = (...argv: string[]) => call(argv, beside(yard));
const scripted = (id: string, inputs: Record<string, unknown> = {}) => [
  ...['--stack', 'scripted', '--group', 'g', '--role', 'r', '--id', id],
  ...['--input', `ledger=${yard.ledgerFile}`],
  ...Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${JSON.stringify(value)}`]),
];

describe('a node', () => {
  it('is created, shown, logged, and destroyed', async () => {
    const created = await json('create', ...LOCAL, '--id', 'n1', '--wait', '--timeout', '1m');
    expect(created.status).toBe(0);
    const address = String(created.value.nodes[0]?.outputs?.['address']);
    expect(await (await fetch(`${address}/healthz`)).json()).toMatchObject({ nodeId: 'n1' });
    expect((await text('ls')).stdout).toContain(address);
    expect((await text('show', 'n1')).stdout).toMatch(/resources\n +ADDRESS +TYPE +ID\n +terraform_data/);

    const logs = await text('logs', 'n1');
    expect(logs.status).toBe(0);
    expect(logs.stderr).toBe('run 1 (create)\n');
    expect(logs.stdout).toMatch(/Apply complete!/);
    const tail = await text('logs', 'n1', '--run', '1', '--tail', '2', '--json');
    const lines = tail.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ epoch: 1, operation: 'create', stream: 'log' });
    expect(() => JSON.parse(lines[1]?.['line'] ?? '')).not.toThrow();
    expect((await json<ErrorValue>('logs', 'n1', '--run', '9')).value.error.message).toMatch(/there are 1$/);

    const destroyed = await json('destroy', 'n1', '--wait', '--timeout', '1m');
    expect(destroyed.status).toBe(0);
    expect(destroyed.value.nodes).toMatchObject([{ id: 'n1', state: 'DESTROYED' }]);
    await expect(fetch(`${address}/healthz`)).rejects.toThrow();
  });

  it('that fails ends `create --wait` with status 1, tells why, and can be retried', async () => {
    const failed = await json(
      'create',
      ...scripted('n1', { create: [...Array(4).fill('fail:no such image'), 'ok'] }),
      '--wait',
    );
    expect(failed.status).toBe(1);
    expect(failed.value.nodes).toMatchObject([{ state: 'FAILED', failure: { operation: 'create' } }]);
    const retried = await json('retry', 'n1', '--wait', '--timeout', '1m');
    expect(retried.status).toBe(0);
    expect(retried.value.nodes).toMatchObject([{ state: 'CREATED' }]);
    expect((await json('destroy', 'n1', '--wait')).status).toBe(0);
  });

  it('is followed in its log until its run ends', async () => {
    const gate = join(yard.dataDir, 'gate');
    await json('create', ...scripted('n1', { create: [`wait:${gate}`] }));
    const line = new CommandLine(beside(yard));
    const ended = line.run('logs', 'n1', '--follow');
    await line.printed('stdout', /_r1_\w+: Creating/);
    writeFileSync(gate, '');
    expect(await ended).toBe(0);
    expect(line.stdout).toMatch(/Apply complete!/);
    expect((await json('destroy', 'n1', '--wait')).status).toBe(0);
  });

  it('is followed until Ctrl-C, which leaves its run alone', async () => {
    const gate = join(yard.dataDir, 'gate');
    await json('create', ...scripted('n1', { create: [`wait:${gate}`] }));
    const line = new CommandLine(beside(yard));
    const ended = line.run('logs', 'n1', '--follow');
    await line.printed('stdout', /_r1_\w+: Creating/);
    line.interrupts.raise('SIGINT');
    expect(await ended).toBe(0);
    writeFileSync(gate, '');
    await yard.reaches('n1', 'CREATED');
    expect((await json('destroy', 'n1', '--wait')).status).toBe(0);
  });
});

describe('a state', () => {
  const file = () => join(yard.dataDir, 'n1.tfstate');
  const storedText = async () => new TextDecoder().decode((await yard.app.states.load('n1'))?.document);
  beforeEach(async () => {
    expect((await json('create', ...scripted('n1'), '--wait')).status).toBe(0);
  });
  afterEach(async () => {
    expect((await json('destroy', 'n1', '--wait')).status).toBe(0);
  });

  it('is listed and shown by its resources, without what is in them', async () => {
    const list = await json<{ states: { nodeId: string; resources: number }[] }>('state', 'ls');
    expect(list.value.states).toMatchObject([{ nodeId: 'n1', resources: 4 }]);
    const shown = await text('state', 'show', 'n1', '--json');
    const value = JSON.parse(shown.stdout) as { state: object; resources: { type: string }[] };
    expect(value.resources.map(({ type }) => type)).toEqual(Array(4).fill('terraform_data'));
    expect(value.state).toMatchObject({ nodeId: 'n1', epoch: 1, serial: expect.any(Number) });
    const secret = yard.ledgerFile;
    expect(await storedText()).toContain(secret);
    expect(shown.stdout + (await text('state', 'show', 'n1')).stdout).not.toContain(secret);
  });

  it('is exported byte for byte into a file of its owner, once', async () => {
    const stored = await storedText();
    expect((await text('state', 'export', 'n1', '--output', 'n1.tfstate')).status).toBe(0);
    expect(readFileSync(file(), 'utf8')).toBe(stored);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    writeFileSync(file(), 'mine');
    const again = await json<ErrorValue>('state', 'export', 'n1', '--output', 'n1.tfstate');
    expect([again.status, again.value.error.field]).toEqual([2, '--output']);
    expect(readFileSync(file(), 'utf8')).toBe('mine');
    expect((await json('state', 'export', 'n1', '--output', 'n1.tfstate', '--force')).status).toBe(0);
    expect(readFileSync(file(), 'utf8')).toBe(stored);
    const piped = await text('state', 'export', 'n1');
    expect(piped.stdout).toBe(stored);
  });

  it('is never written to a terminal', async () => {
    const { status, stdout } = await call(['state', 'export', 'n1'], beside(yard, { tty: true }));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('is imported only with --yes, and the earlier one is kept', async () => {
    await text('state', 'export', 'n1', '--output', 'n1.tfstate');
    const exported = readFileSync(file(), 'utf8');
    const repaired = exported.replace(/"serial":\s*\d+/, '"serial": 99');
    writeFileSync(file(), repaired);
    const asked = await json<ErrorValue>('state', 'import', 'n1', '--input', 'n1.tfstate');
    expect(asked.status).toBe(2);
    expect(asked.value.error.message).toMatch(/the state of n1 \(CREATED\) from 4 resources to 4 resources/);
    expect(await storedText()).toBe(exported);
    expect((await json('state', 'import', 'n1', '--input', 'n1.tfstate', '--yes')).status).toBe(0);
    expect(await storedText()).toBe(repaired);
    const kept = await json<{ versions: unknown[] }>('state', 'versions', 'n1');
    expect(kept.value.versions).toHaveLength(1);
  });

  it('of an epoch that is not kept is missing, with those named that are', async () => {
    const { status, value } = await json<ErrorValue>('state', 'show', 'n1', '--version', '7');
    expect([status, value.error.field]).toEqual([4, '--version']);
    expect((await json<ErrorValue>('state', 'export', 'nobody', '--output', 'x')).status).toBe(4);
    expect(existsSync(join(yard.dataDir, 'x'))).toBe(false);
  });

  it('in quarantine is listed and shown', async () => {
    const stored = await yard.app.states.load('n1');
    const document = stored?.document ?? new Uint8Array();
    // A new epoch, so that a late save of the first one is quarantined.
    await yard.app.client.requestDestruction('n1');
    await yard.reaches('n1', 'DESTROYED');
    expect(await yard.app.states.save('n1', { epoch: 1, sequence: 9e9, document })).toBe('quarantined');
    const list = await json<{ quarantined: object[] }>('state', 'quarantine');
    expect(list.value.quarantined).toMatchObject([{ nodeId: 'n1', epoch: 1, resources: 4 }]);
    const shown = await json<{ resources: unknown[] }>('state', 'show', 'n1', '--quarantined', '1');
    expect(shown.value.resources).toHaveLength(4);
    await yard.app.states.closeQuarantine('n1', 1);
  });
});
