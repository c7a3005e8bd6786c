/** Commands to nodes on a real Redis, with a clock that the test moves. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Commands } from '../../src/commands/commands.js';
import { createRedisCommands } from '../../src/commands/redis-commands.js';
import { nodeAt, RETENTION, type Standing, useStore } from '../store/support.js';

const fixture = useStore();
const MINUTE = 60_000;
const VISIBILITY_MS = 30_000;
const OPERATOR = { actor: 'operator', reason: 'token ops' } as const;

let commands: Commands;
beforeEach(() => {
  commands = createRedisCommands({
    redis: fixture.redis,
    retention: RETENTION,
    clock: () => fixture.now,
  });
});

const ask = (id: string, name = 'RemoveSubscribers', more = {}) =>
  commands.ask(id, { name, ttlMs: 60 * MINUTE, ...more }, OPERATOR);
const deliver = (id: string, limit = 10) => commands.deliver(id, { limit, visibilityMs: VISIBILITY_MS });
const deliveredIds = async (id: string) => (await deliver(id)).commands.map((command) => command.id);
const noted = async (id: string) =>
  (await fixture.store.history(id)).flatMap(({ type, actor, reason }) =>
    type === 'noted' ? [`${actor}: ${reason}`] : [],
  );

describe('a command', () => {
  it('is delivered with what it carries, acknowledged, and listed with what became of it', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    const payload = { below: 12345678901234, words: ['a', { b: null }], empty: [] };
    const asked = await ask(id, 'Drain.now', { payload });
    expect(asked).toEqual({
      id: '1',
      name: 'Drain.now',
      payload,
      askedAt: fixture.now,
      expiresAt: fixture.now + 60 * MINUTE,
      deliveries: 0,
    });
    fixture.now += 5;
    const delivered = { ...asked, deliveries: 1, deliveredAt: fixture.now };
    expect(await deliver(id)).toEqual({ commands: [delivered], nextMs: VISIBILITY_MS });
    fixture.now += 5;
    const ended = { ...delivered, endedAt: fixture.now, outcome: 'done', message: '7 gone' };
    expect(await commands.acknowledge(id, '1', { outcome: 'done', message: '7 gone' })).toEqual(ended);
    expect(await commands.list(id)).toEqual([ended]);
    expect(await deliver(id)).toEqual({ commands: [] });
    expect(await noted(id)).toEqual([
      'operator: command 1, Drain.now, was asked for by token ops',
      'node: command 1, Drain.now, was delivered',
      'node: command 1, Drain.now, was acknowledged: done, 7 gone',
    ]);
  });

  it('is delivered again until it is acknowledged, and only its first delivery stands in the history', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await ask(id);
    expect(await deliveredIds(id)).toEqual(['1']);
    fixture.now += VISIBILITY_MS - 1;
    expect(await deliver(id)).toEqual({ commands: [], nextMs: 1 });
    fixture.now += 1;
    expect((await deliver(id)).commands).toMatchObject([{ id: '1', deliveries: 2 }]);
    await commands.acknowledge(id, '1', { outcome: 'done' });
    fixture.now += VISIBILITY_MS;
    expect(await deliver(id)).toEqual({ commands: [] });
    expect(await noted(id)).toHaveLength(3);
  });

  it('comes in the order of asking, so many at a time', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    for (let i = 0; i < 12; i += 1) await ask(id);
    expect((await deliver(id, 10)).commands.map((each) => each.id)).toEqual(
      Array.from({ length: 10 }, (_, i) => String(i + 1)),
    );
    expect(await deliveredIds(id)).toEqual(['11', '12']);
  });

  it('that nobody acknowledges in time expires, whether the node still asks or not', async () => {
    const polling = await nodeAt(fixture.store, 'INSERVICE');
    const silent = await nodeAt(fixture.store, 'INSERVICE');
    await ask(polling.id);
    await ask(silent.id);
    await deliver(polling.id);
    expect(await commands.expired(10)).toEqual([]);
    expect(await commands.expire({ nodeId: silent.id, id: '1' })).toBe(false);
    fixture.now += 60 * MINUTE;
    expect(await deliver(polling.id)).toEqual({ commands: [] });
    expect(await commands.expired(10)).toEqual([{ nodeId: silent.id, id: '1' }]);
    expect(await commands.expire({ nodeId: silent.id, id: '1' })).toBe(true);
    expect(await commands.expire({ nodeId: silent.id, id: '1' })).toBe(false);
    expect((await noted(polling.id)).at(-1)).toBe(
      'reconciler: command 1, RemoveSubscribers, has expired; it was delivered once',
    );
    expect((await noted(silent.id)).at(-1)).toBe(
      'reconciler: command 1, RemoveSubscribers, has expired; it was never delivered',
    );
    expect(await commands.list(silent.id)).toMatchObject([{ outcome: 'expired', endedAt: fixture.now }]);
    expect(await commands.expired(10)).toEqual([]);
  });

  it('that has ended stays as it ended, however often it is acknowledged', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await ask(id);
    await commands.acknowledge(id, '1', { outcome: 'failed', message: 'no' });
    expect(await commands.acknowledge(id, '1', { outcome: 'done' })).toMatchObject({
      outcome: 'failed',
      message: 'no',
    });
    expect(await noted(id)).toHaveLength(2);
  });

  it('may still be acknowledged by a node whose destruction was asked for, and none is delivered to it', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await ask(id);
    await deliver(id);
    await fixture.store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    expect(await commands.acknowledge(id, '1', { outcome: 'done' })).toMatchObject({ outcome: 'done' });
    await expect(deliver(id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });

  it.each<Standing>(['REQUESTED', 'CREATING', 'DESTRUCTION_REQUESTED', 'DESTROYED'])(
    'is refused for a node that is %s',
    async (standing) => {
      const { id } = await nodeAt(fixture.store, standing);
      await expect(ask(id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
    },
  );

  it('is refused for a node that nobody knows, and makes nothing', async () => {
    await expect(ask('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_NODE' });
    await expect(deliver('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_NODE' });
    await expect(commands.list('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_NODE' });
    expect(await fixture.redis.keys('*')).toEqual([]);
  });

  it('is refused where a hundred wait already, and taken again when one has ended', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    for (let i = 0; i < 100; i += 1) await ask(id);
    await expect(ask(id)).rejects.toMatchObject({ code: 'TOO_MANY_COMMANDS' });
    await commands.acknowledge(id, '50', { outcome: 'done' });
    expect(await ask(id)).toMatchObject({ id: '101' });
  });

  it.each([
    ['a name with blanks', { name: 'Remove Subscribers' }, 'name'],
    ['a name that is a number', { name: '1st' }, 'name'],
    ['a payload that is too large', { payload: 'x'.repeat(8_192) }, 'payload'],
    ['no time at all', { ttlMs: 0 }, 'ttlMs'],
  ])('with %s is refused', async (_what, wrong, field) => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    const wish = { name: 'x', ttlMs: 1_000, ...wrong };
    await expect(commands.ask(id, wish, OPERATOR)).rejects.toMatchObject({ code: 'INVALID_INPUT', field });
  });

  it.each(['0', '01', '1:name', 'last', '99'])('with the id %s is nobody’s', async (number) => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await ask(id);
    await expect(commands.acknowledge(id, number, { outcome: 'done' })).rejects.toMatchObject({
      code: expect.stringMatching(/^(INVALID_INPUT|UNKNOWN_COMMAND)$/),
    });
  });
});

describe('what is kept of commands', () => {
  it('is the last hundred, and older ones only as long as they wait', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await ask(id, 'waits');
    for (let i = 0; i < 150; i += 1) {
      const { id: number } = await ask(id);
      await commands.acknowledge(id, number, { outcome: 'done' });
    }
    const kept = (await commands.list(id)).map((each) => Number(each.id));
    expect(kept).toEqual([1, ...Array.from({ length: 100 }, (_, i) => 52 + i)]);
    await commands.acknowledge(id, '1', { outcome: 'done' });
    expect((await commands.list(id)).map((each) => each.id)[0]).toBe('52');
  });

  it('ends with the node', async () => {
    const { store, redis } = fixture;
    const { id } = await nodeAt(store, 'DESTROYING');
    const other = await nodeAt(store, 'INSERVICE');
    await ask(other.id);
    await store.transition(id, { to: 'FAILED', actor: 'reconciler', failure: failure() });
    await ask(id);
    await ask(id);
    await commands.acknowledge(id, '1', { outcome: 'done' });
    await store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    const begun = await store.begin(id, { operation: 'destroy', holder: 'run', leaseMs: 1_000 });
    const epoch = 'epoch' in begun ? begun.epoch : 0;
    await store.transition(id, { to: 'DESTROYED', actor: 'terraform', epoch });
    expect((await redis.keys('*command*')).sort()).toEqual([
      '{nodeyard}:commands-expiring',
      `{nodeyard}:commands-waiting:${other.id}`,
      `{nodeyard}:commands:${other.id}`,
    ]);
    expect(await redis.zrange('{nodeyard}:commands-expiring', 0, '-1')).toEqual([`${other.id}:1`]);
    expect(await commands.list(id)).toEqual([]);
  });
});

const failure = () => ({
  operation: 'timeout' as const,
  code: 'OVERDUE' as const,
  message: 'late',
  diagnostics: [],
  retryable: false,
  attempts: 0,
});
