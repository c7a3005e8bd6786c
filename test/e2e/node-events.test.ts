/** Real local nodes in a real `nodeyard up`: they start by themselves, are missed when they stop, and come back. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NodeState } from '../../src/node/lifecycle.js';
import type { NodeRecord } from '../../src/node/record.js';
import { CommandLine, call } from '../cli/command-line.js';
import { beside } from '../cli/yard-line.js';
import { Yard } from '../support/yard.js';

const SILENCE_MS = 3_000;
const QUICK = {
  NODEYARD_API_LISTEN: '127.0.0.1:0',
  NODEYARD_HEARTBEAT_INTERVAL: '200ms',
  NODEYARD_HEARTBEAT_SILENCE: `${SILENCE_MS}ms`,
  NODEYARD_RECONCILE_INTERVAL: '200ms',
};
const patience = { timeout: 60_000, interval: 100 };

let yard: Yard;
let up: CommandLine | undefined;
let ended: Promise<number> | undefined;

beforeEach(async () => {
  yard = await Yard.open(QUICK);
  await startUp();
});
afterEach(async () => {
  await stopUp();
  await yard.close();
});

async function startUp(): Promise<void> {
  up = new CommandLine(beside(yard));
  ended = up.run('up', '--json');
  await up.printed('stdout', /"type":"ready"/);
}
async function stopUp(): Promise<void> {
  up?.interrupts.raise('SIGINT');
  await ended;
}

const wish = { group: 'g', role: 'edge', stack: 'local-node', inputs: {} };
const stateOf = async (id: string) => (await yard.app.client.get(id)).state;
const reaches = (id: string, state: NodeState) => expect.poll(() => stateOf(id), patience).toBe(state);
const pidOf = ({ outputs }: NodeRecord) => Number(outputs?.['pid']);
async function nodeInService(): Promise<NodeRecord> {
  const { node } = await yard.app.client.requestNode(wish);
  await reaches(node.id, 'INSERVICE');
  return yard.app.client.get(node.id);
}
async function destroyed(id: string): Promise<void> {
  await yard.app.client.requestDestruction(id);
  await reaches(id, 'DESTROYED');
}
const states = async (id: string) =>
  (await yard.app.store.history(id)).flatMap(({ actor, to }) => (to === undefined ? [] : [`${to} ${actor}`]));

test('a local node gets from CREATED to INSERVICE with nobody touching it, and shows its load', async () => {
  const { id, outputs } = await nodeInService();
  expect(await states(id)).toEqual([
    'REQUESTED producer',
    'CREATING terraform',
    'CREATED terraform',
    'STARTED node',
    'INSERVICE node',
  ]);
  const subscription = await fetch(`${String(outputs?.['address'])}/subscribe`);
  await expect.poll(async () => (await yard.app.heartbeats.get(id))?.load.connections, patience).toBe(1);
  const shown = await call(['show', id], beside(yard));
  expect(shown.stdout).toMatch(/last seen +\d+s ago/);
  expect(shown.stdout).toMatch(/load\n +connections +1\n/);
  await subscription.body?.cancel();
  await destroyed(id);
  expect(await yard.app.heartbeats.get(id)).toBeUndefined();
});

test('one that is stopped is FAILED for its silence, goes on and is back in service; its neighbour never left', async () => {
  const [frozen, neighbour] = [await nodeInService(), await nodeInService()];
  process.kill(pidOf(frozen), 'SIGSTOP');
  await reaches(frozen.id, 'FAILED');
  expect(await yard.app.client.get(frozen.id)).toMatchObject({
    failure: { operation: 'health', code: 'HEARTBEAT_LOST' },
  });
  expect(await stateOf(neighbour.id)).toBe('INSERVICE');
  process.kill(pidOf(frozen), 'SIGCONT');
  await reaches(frozen.id, 'INSERVICE');
  expect((await states(frozen.id)).slice(-2)).toEqual(['FAILED reconciler', 'INSERVICE node']);
  expect((await states(neighbour.id)).at(-1)).toBe('INSERVICE node');
  for (const { id } of [frozen, neighbour]) await destroyed(id);
});

test('one that is told to remove its subscribers does so and says it; what it does not know it says, too', async () => {
  const { id, outputs } = await nodeInService();
  const subscription = await fetch(`${String(outputs?.['address'])}/subscribe`);
  const reader = subscription.body?.getReader();
  await reader?.read();
  const told = await call(['command', id, 'RemoveSubscribers', '--wait'], beside(yard));
  expect([told.status, told.stdout]).toEqual([0, expect.stringMatching(/1 +RemoveSubscribers .* done/)]);
  await expect(reader?.read()).rejects.toThrow();
  await expect.poll(async () => (await yard.app.heartbeats.get(id))?.load.connections, patience).toBe(0);
  const unknown = await call(
    ['command', id, 'MakeCoffee', '--payload', '{"sugar":2}', '--wait'],
    beside(yard),
  );
  expect(unknown.status).toBe(1);
  const listed = await call(['command', id], beside(yard));
  expect(listed.stdout).toMatch(/MakeCoffee .* unsupported +\{"sugar":2\}/);
  const history = (await yard.app.store.history(id)).flatMap(({ reason = '' }) =>
    reason.startsWith('command 1') ? [reason] : [],
  );
  expect(history).toEqual([
    'command 1, RemoveSubscribers, was asked for by nodeyard command',
    'command 1, RemoveSubscribers, was delivered',
    'command 1, RemoveSubscribers, was acknowledged: done',
  ]);
  await destroyed(id);
});

test('nobody is given up because Redis was away, or everything but the nodes was', async () => {
  const nodes = [await nodeInService(), await nodeInService()];
  const heardAfter = async (time: number) => {
    const heard = await yard.app.heartbeats.getAll(nodes.map(({ id }) => id));
    return heard.every((each) => (each?.lastSeenAt ?? 0) > time);
  };
  await yard.redis.kill();
  // The outage itself: longer than anybody may be silent.
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS + 1_000));
  await yard.redis.restart();
  await expect.poll(() => heardAfter(Date.now() - 1_000), patience).toBe(true);
  await stopUp();
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS + 1_000));
  expect(await Promise.all(nodes.map(({ id }) => stateOf(id)))).toEqual(['INSERVICE', 'INSERVICE']);
  await yard.startWorker();
  for (const { id } of nodes) {
    expect((await states(id)).at(-1)).toBe('INSERVICE node');
    await destroyed(id);
  }
});
