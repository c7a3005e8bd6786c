/** A session on a real store: from the lease that it takes to the lease that it gives back. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/log.js';
import { Session, type SessionRequest, type StopReason } from '../../src/operations/session.js';
import { realTimers } from '../../src/operations/timers.js';
import { nodeAt, useStore } from '../store/support.js';

const fixture = useStore();
const times = { ttlMs: 60_000, renewMs: 30, stopMarginMs: 10_000 };

async function open(more: Partial<SessionRequest> = {}): Promise<Session> {
  const { id } = await nodeAt(fixture.store, 'REQUESTED');
  const session = await Session.open(parts(), { operation: 'create', nodeId: id, ...more });
  if ('refused' in session) throw new Error(session.refused);
  return session;
}
const parts = () => ({
  store: fixture.store,
  settings: { lease: times },
  log: silentLog,
  monotonic: () => performance.now(),
  timers: realTimers,
  newId: randomUUID,
});

/** Waits for the work of a session as an operation does, and answers what it was stopped for. */
function whileRunning(session: Session) {
  let end = (): void => {};
  const work = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stops: StopReason[] = [];
  const ended = session.whileRunning((reason) => void stops.push(reason), work);
  return { stops, end, ended };
}

describe('a session', () => {
  test('holds the lease of its node from its begin to its end, under a new epoch', async () => {
    const session = await open();
    expect(await fixture.store.get(session.node.id)).toMatchObject({
      state: 'CREATING',
      epoch: 1,
      lease: { holder: session.holder },
    });
    await session.end();
    expect((await fixture.store.get(session.node.id))?.lease).toBeUndefined();
  });

  test('does not begin while another holds the lease', async () => {
    const session = await open();
    const request = { operation: 'create', nodeId: session.node.id } as const;
    expect(await Session.open(parts(), request)).toMatchObject({ refused: 'lease-held' });
    await session.end();
    expect(await Session.open(parts(), { ...request, nodeId: 'nobody' })).toMatchObject({
      refused: 'unknown-node',
    });
  });

  test('ends without a word of Redis: its lease runs out by itself', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    const release = () => Promise.reject(new Error('no connection'));
    const store = { ...fixture.store, release };
    const session = await Session.open({ ...parts(), store }, { operation: 'create', nodeId: id });
    if ('refused' in session) throw new Error(session.refused);
    await expect(session.end()).resolves.toBeUndefined();
    expect((await fixture.store.get(id))?.lease).toMatchObject({ holder: session.holder });
  });
});

describe('a stop', () => {
  test('that comes before the run starts is handed to it as soon as it does', async () => {
    const session = await open();
    session.stop('shutdown');
    expect(session.stopReason).toBe('shutdown');
    const run = whileRunning(session);
    expect(run.stops).toEqual(['shutdown']);
    run.end();
    await run.ended;
    await session.end();
  });

  test('reaches the run that is at work, once, for its first reason', async () => {
    const session = await open();
    const run = whileRunning(session);
    session.stop('cancelled');
    session.stop('shutdown');
    expect(run.stops).toEqual(['cancelled']);
    expect(session.stopReason).toBe('cancelled');
    run.end();
    await run.ended;
    await session.end();
  });

  test('that comes after a run reaches the next one, and not the one that has ended', async () => {
    const session = await open();
    const first = whileRunning(session);
    first.end();
    await first.ended;
    session.stop('shutdown');
    expect(first.stops).toEqual([]);
    const second = whileRunning(session);
    expect(second.stops).toEqual(['shutdown']);
    second.end();
    await second.ended;
    await session.end();
  });

  test('comes of itself when another run takes the node', async () => {
    const session = await open();
    const run = whileRunning(session);
    const { epoch, holder } = session;
    await fixture.store.release(session.node.id, { epoch, holder });
    await fixture.store.begin(session.node.id, { operation: 'create', holder: 'other', leaseMs: 60_000 });
    await expect.poll(() => run.stops).toEqual(['lease-lost']);
    run.end();
    await run.ended;
    await session.end();
    expect((await fixture.store.get(session.node.id))?.lease?.holder).toBe('other');
  });

  test('comes of itself when the destruction of a node that is being created is asked for', async () => {
    const session = await open();
    const run = whileRunning(session);
    await fixture.store.transition(session.node.id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    await expect.poll(() => run.stops).toEqual(['cancelled']);
    run.end();
    await run.ended;
    await session.end();
  });
});

describe('what a session notes', () => {
  const resource = (address: string, id: string) => ({ address, type: 'terraform_data', id });

  test('is in the record when it flushes: progress, and each resource once', async () => {
    const session = await open();
    session.noteResource(resource('a.b', '1'));
    session.noteResource(resource('a.c', '2'));
    session.noteResource(resource('a.b', '3'));
    session.forgetResource('a.c');
    session.report({ phase: 'applying', done: 1, total: 2, address: 'a.b' });
    await session.flush();
    expect(await fixture.store.get(session.node.id)).toMatchObject({
      progress: { phase: 'applying', done: 1, total: 2, address: 'a.b' },
      resources: [resource('a.b', '3')],
    });
    await session.end();
  });

  test('is heard by its job at every step', async () => {
    const heard: string[] = [];
    const session = await open({ onProgress: ({ phase }) => void heard.push(phase) });
    session.report({ phase: 'synthesizing', done: 0, total: 0 });
    session.report({ phase: 'applying', done: 0, total: 0 });
    expect(heard).toEqual(['synthesizing', 'applying']);
    await session.flush();
    await session.end();
  });

  test('never changes the record once another run has the node', async () => {
    const session = await open();
    const { epoch, holder } = session;
    await fixture.store.release(session.node.id, { epoch, holder });
    await fixture.store.begin(session.node.id, { operation: 'create', holder: 'other', leaseMs: 60_000 });
    session.noteResource(resource('a.b', '1'));
    session.report({ phase: 'applying', done: 1, total: 1 });
    await session.flush();
    expect(await fixture.store.get(session.node.id)).toMatchObject({ epoch: 2, resources: [] });
    await session.end();
  });

  test('has its runs save in order, each run after the one before', async () => {
    const session = await open();
    const [first, second] = [session.nextFirstSequence(), session.nextFirstSequence()];
    expect(second).toBeGreaterThan(first + 100_000);
    await session.end();
  });
});
