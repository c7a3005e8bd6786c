/** `nodeyard command` beside a real Redis; the node is played by the test. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from '../../src/commands/commands.js';
import { nodeAt } from '../store/support.js';
import { Yard } from '../support/yard.js';
import { CommandLine, call, callJson, type ErrorValue } from './command-line.js';
import { beside } from './yard-line.js';

let yard: Yard;
beforeAll(async () => {
  yard = await Yard.open();
});
afterAll(() => yard.close());

const line = (...argv: string[]) => callJson<{ command: Command }>(['command', ...argv], beside(yard));
const refused = async (...argv: string[]) => {
  const { status, value } = await callJson<ErrorValue>(['command', ...argv], beside(yard));
  return [status, value.error.code, value.error.field];
};
const node = async () =>
  (await nodeAt(yard.app.store, 'INSERVICE', { id: `told-${Math.random().toString(36).slice(2)}` })).id;

describe('nodeyard command', () => {
  it('asks, with a payload and a time of its own, and shows what was told', async () => {
    const id = await node();
    const { status, value } = await line(id, 'SetLimit', '--payload', '{"streams":20}', '--ttl', '90s');
    expect(status).toBe(0);
    expect(value.command).toMatchObject({ id: '1', name: 'SetLimit', payload: { streams: 20 } });
    expect(value.command.expiresAt - value.command.askedAt).toBe(90_000);
    const shown = await call(['command', id], beside(yard));
    expect(shown.stdout).toMatch(/1 +SetLimit +\d+s ago +not yet +waits +\{"streams":20\}/);
    expect((await call(['command', await node()], beside(yard))).stderr).toContain('it was told nothing');
  });

  it('waits for the acknowledgement, and ends by what it says', async () => {
    const id = await node();
    const waiting = line(id, 'Ping', '--wait');
    await expect.poll(async () => (await yard.app.commands.list(id)).length).toBe(1);
    await yard.app.commands.acknowledge(id, '1', { outcome: 'failed', message: 'no such word' });
    const { status, value } = await waiting;
    expect([status, value.command.outcome, value.command.message]).toEqual([1, 'failed', 'no such word']);
  });

  it('stops waiting in time, and on Ctrl-C; the command goes on', async () => {
    const id = await node();
    expect(await refused(id, 'Ping', '--wait', '--timeout', '50ms')).toEqual([5, 'TIMED_OUT', null]);
    const interrupted = new CommandLine(beside(yard));
    const ended = interrupted.run('command', id, 'Ping', '--wait');
    await expect.poll(async () => (await yard.app.commands.list(id)).length).toBe(2);
    interrupted.interrupts.raise('SIGINT');
    expect(await ended).toBe(130);
    expect(await yard.app.commands.list(id)).toMatchObject([{ deliveries: 0 }, { deliveries: 0 }]);
  });

  it('refuses what is wrong with the option or field, and a node that nobody can tell anything', async () => {
    const id = await node();
    expect(await refused(id, 'Ping', '--payload', '{')).toEqual([2, 'INVALID_INPUT', '--payload']);
    expect(await refused(id, 'two words')).toEqual([2, 'INVALID_INPUT', 'name']);
    expect(await refused(id, '--ttl', '5m')).toEqual([2, 'INVALID_INPUT', '--ttl']);
    expect(await refused('nobody', 'Ping')).toEqual([4, 'UNKNOWN_NODE', 'nodeId']);
    const { id: destroyed } = await nodeAt(yard.app.store, 'DESTROYED', { id: 'gone' });
    expect(await refused(destroyed, 'Ping')).toEqual([6, 'WRONG_STATE', null]);
    expect(await yard.app.commands.list(id)).toEqual([]);
  });
});
