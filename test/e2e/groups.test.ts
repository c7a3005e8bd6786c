/** A group of real local nodes in a real `nodeyard up`: it grows by their load, shrinks without it, and goes when it is deleted. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NodeRecord } from '../../src/node/record.js';
import { CommandLine, call } from '../cli/command-line.js';
import { beside } from '../cli/yard-line.js';
import { Yard } from '../support/yard.js';

const QUICK = {
  NODEYARD_API_LISTEN: '127.0.0.1:0',
  NODEYARD_HEARTBEAT_INTERVAL: '200ms',
  NODEYARD_HEARTBEAT_SILENCE: '3s',
  NODEYARD_RECONCILE_INTERVAL: '500ms',
  NODEYARD_SCALING_INTERVAL: '200ms',
};
const patience = { timeout: 90_000, interval: 100 };

const GROUP = `
name: media
stack: local-node
roles:
  edge:
    min: 1
    max: 3
    outExpression: avg(connections) > 1
    inExpression: avg(connections) < 1
    warmUp: 0s
    coolDown: { out: 1s, in: 1s }
    drain: { softLimit: 2s, hardLimit: 20s }
`;

let yard: Yard;
let up: CommandLine;
let ended: Promise<number>;
beforeEach(async () => {
  yard = await Yard.open(QUICK);
  up = new CommandLine(beside(yard));
  ended = up.run('up', '--json');
  await up.printed('stdout', /"type":"ready"/);
});
afterEach(async () => {
  up.interrupts.raise('SIGINT');
  await ended;
  await yard.close();
});

const nodeyard = async (...words: string[]): Promise<string> => {
  const { status, stdout, stderr } = await call(words, beside(yard));
  expect(status, `${words.join(' ')}: ${stderr}`).toBe(0);
  return stdout;
};
const nodes = async () => (await yard.app.store.list({ group: 'media' })).nodes;
const inService = async () => (await nodes()).filter(({ state }) => state === 'INSERVICE');
const serving = () => expect.poll(async () => (await inService()).length, patience);
const addressOf = ({ outputs }: NodeRecord) => String(outputs?.['address']);

test('a group grows by the load of its nodes, drains what nobody needs, and ends with its last node', async () => {
  const file = join(yard.app.config.dataDir, 'group.yaml');
  writeFileSync(file, GROUP);
  await nodeyard('apply', '-f', file, '--yes');
  await serving().toBe(1);
  const [first] = await inService();
  if (first === undefined) throw new Error('no node is in service');

  const clients = await Promise.all([1, 2, 3].map(() => fetch(`${addressOf(first)}/subscribe`)));
  // Two of three halves: 3 clients over 2 nodes are still more than one each.
  await serving().toBe(3);
  const reasons = (await yard.app.store.history((await nodes()).at(-1)?.id ?? '')).map(
    ({ reason }) => reason,
  );
  expect(reasons[0]).toContain('avg(connections) > 1 is true over');
  expect((await nodes()).length).toBe(3);

  // The busy node is the last to leave; those that serve nobody go at once.
  for (const client of clients.slice(1)) await client.body?.cancel();
  await serving().toBe(1);
  expect((await inService()).map(({ id }) => id)).toEqual([first.id]);
  const states = async () => (await nodes()).map(({ state }) => state);
  await expect.poll(states, patience).toEqual(['INSERVICE', 'DESTROYED', 'DESTROYED']);

  await nodeyard('group', 'delete', 'media', '--yes', '--wait', '--timeout', '60s');
  expect(await yard.app.groups.get('media')).toBeUndefined();
  expect(await states()).toEqual(['DESTROYED', 'DESTROYED', 'DESTROYED']);
  await clients[0]?.body?.cancel().catch(() => undefined);
});

test('a paused group is its operator’s: moved by hand, told its clients to go by nobody, and doomed without return', async () => {
  const file = join(yard.app.config.dataDir, 'group.yaml');
  writeFileSync(file, GROUP);
  await nodeyard('apply', '-f', file, '--yes');
  await serving().toBe(1);
  const [node] = await inService();
  if (node === undefined) throw new Error('no node is in service');
  const refused = await call(['move', node.id, 'SUNSET', '--from', 'INSERVICE'], beside(yard));
  expect([refused.status, refused.stderr]).toEqual([
    6,
    expect.stringContaining('nodeyard group pause media'),
  ]);

  await nodeyard('group', 'pause', 'media');
  const move = (to: string, from: string) => nodeyard('move', node.id, to, '--from', from);
  await move('SUNSET', 'INSERVICE');
  await move('INSERVICE', 'SUNSET');
  await move('FAULT', 'INSERVICE');
  await move('SUNSET', 'FAULT');
  const wrong = await call(['move', node.id, 'INSERVICE', '--from', 'FAULT'], beside(yard));
  expect(wrong.status).toBe(6);
  await move('DOOMED', 'SUNSET');
  const state = async () => (await yard.app.client.get(node.id)).state;
  await expect.poll(state, patience).toBe('DESTROYED');
  // Below its min, and nothing is made while it is paused.
  expect(await nodes()).toHaveLength(1);
  await nodeyard('group', 'resume', 'media');
  await serving().toBe(1);
  await nodeyard('group', 'delete', 'media', '--yes', '--wait', '--timeout', '60s');
});

test('a node whose process is killed is replaced, and what is left of it goes', async () => {
  const file = join(yard.app.config.dataDir, 'group.yaml');
  writeFileSync(
    file,
    GROUP.replace('min: 1', 'min: 2').replace('warmUp: 0s', 'failurePolicy: { removeAfter: 1s }'),
  );
  await nodeyard('apply', '-f', file, '--yes');
  await serving().toBe(2);
  const [victim, other] = await inService();
  if (victim === undefined || other === undefined) throw new Error('two nodes are in service');
  process.kill(Number(victim.outputs?.['pid']), 'SIGKILL');
  const state = async () => (await yard.app.client.get(victim.id)).state;
  await expect.poll(state, patience).toBe('DESTROYED');
  await serving().toBe(2);
  const now = await inService();
  expect(now.map(({ id }) => id)).toContain(other.id);
  const history = await yard.app.store.history(victim.id);
  expect(history.map(({ to, actor }) => `${to} ${actor}`)).toEqual(
    expect.arrayContaining(['FAILED reconciler', 'DESTRUCTION_REQUESTED autoscaler', 'DESTROYED terraform']),
  );
  await nodeyard('group', 'delete', 'media', '--yes', '--wait', '--timeout', '60s');
});
