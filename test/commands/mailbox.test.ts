/** Waiting for commands, with the real tail of events. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Commands, Mailbox } from '../../src/commands/commands.js';
import { createMailbox } from '../../src/commands/mailbox.js';
import { createRedisCommands } from '../../src/commands/redis-commands.js';
import { silentLog } from '../../src/log.js';
import { createEventTail, type EventTail } from '../../src/store/tail.js';
import { nodeAt, RETENTION, useStore } from '../store/support.js';

const fixture = useStore();
const OPERATOR = { actor: 'operator' } as const;
const never = new AbortController().signal;

let commands: Commands;
let tail: EventTail;
let mailbox: Mailbox;
let looks: number;
beforeEach(() => {
  commands = createRedisCommands({ redis: fixture.redis, retention: RETENTION, clock: () => fixture.now });
  tail = createEventTail(fixture.store, silentLog);
  looks = 0;
  const deliver: Commands['deliver'] = (...asked) => {
    looks += 1;
    return commands.deliver(...asked);
  };
  mailbox = createMailbox({
    commands: { deliver },
    subscribe: (listener) => tail.subscribe(listener),
    monotonic: () => performance.now(),
  });
});
afterEach(() => tail.close());

const ask = (id: string) => commands.ask(id, { name: 'RemoveSubscribers', ttlMs: 3_600_000 }, OPERATOR);
const wait = (id: string, more = {}) =>
  mailbox.wait(id, { waitMs: 30_000, limit: 10, visibilityMs: 30_000, signal: never, ...more });
const ids = async (waiting: ReturnType<typeof wait>) => (await waiting).map(({ id }) => id);

describe('a node that waits for commands', () => {
  it('gets at once what is there', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await ask(id);
    expect(await ids(wait(id))).toEqual(['1']);
  });

  it('gets what comes while it waits, by whichever process it was asked for; another node does not', async () => {
    const [one, two] = [await nodeAt(fixture.store, 'INSERVICE'), await nodeAt(fixture.store, 'INSERVICE')];
    const leaving = new AbortController();
    const waiting = wait(one.id);
    const other = wait(two.id, { signal: leaving.signal });
    await expect.poll(() => looks).toBe(2);
    await ask(one.id);
    expect(await ids(waiting)).toEqual(['1']);
    leaving.abort();
    expect(await other).toEqual([]);
  });

  it('misses nothing that is asked for in the moment in which it begins', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    for (let i = 1; i <= 20; i += 1) {
      const [delivered] = await Promise.all([wait(id), ask(id)]);
      expect(delivered.map((command) => command.id)).toEqual([String(i)]);
      await commands.acknowledge(id, String(i), { outcome: 'done' });
    }
  });

  it('gets nothing when nothing comes in time', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    expect(await wait(id, { waitMs: 20 })).toEqual([]);
    expect(await wait(id, { waitMs: 0 })).toEqual([]);
  });

  it('gets again what it has not acknowledged, when that is due', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await ask(id);
    await wait(id, { visibilityMs: 50 });
    const waiting = wait(id);
    await expect.poll(() => looks).toBeGreaterThan(1);
    fixture.now += 50;
    expect(await waiting).toMatchObject([{ id: '1', deliveries: 2 }]);
  });

  it('that went away is handed nothing', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    const leaving = new AbortController();
    const waiting = wait(id, { signal: leaving.signal });
    await expect.poll(() => looks).toBe(1);
    leaving.abort();
    expect(await waiting).toEqual([]);
    await ask(id);
    expect(await commands.list(id)).toMatchObject([{ deliveries: 0 }]);
  });

  it('is told when it is not to be spoken to any more', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    const waiting = wait(id);
    await expect.poll(() => looks).toBe(1);
    await fixture.store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    await expect(waiting).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });
});
