import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/log.js';
import type { NodeEvent } from '../../src/node/record.js';
import { EVENTS_KEY } from '../../src/store/keys.js';
import type { EventPage } from '../../src/store/store.js';
import { createEventTail, type EventTail } from '../../src/store/tail.js';
import { nodeAt, nodeRequest, useStore } from './support.js';

const fixture = useStore();
let tail: EventTail;
beforeEach(() => {
  tail = createEventTail(fixture.store, silentLog);
});
afterEach(() => tail.close());

/** Everything that a listener has heard. */
function listen(on: EventTail = tail) {
  const heard: NodeEvent[] = [];
  const end = on.subscribe((event) => void heard.push(event));
  return { heard, end, ids: () => heard.map(({ nodeId }) => nodeId) };
}
const made = async (): Promise<string> =>
  (await fixture.store.create(nodeRequest(), { actor: 'producer' })).node.id;

describe('a tail', () => {
  it('tells every listener what happens from its subscription on, in order, and nothing of before', async () => {
    await nodeAt(fixture.store, 'DESTROYED');
    const [first, second] = [listen(), listen()];
    // The position is asked for on the same connection, so it is known before what comes after.
    const ids = [await made(), await made(), await made()];
    await expect.poll(first.ids).toEqual(ids);
    await expect.poll(second.ids).toEqual(ids);
  });

  it('tells nothing to a listener that has left', async () => {
    const [left, stays] = [listen(), listen()];
    left.end();
    const id = await made();
    await expect.poll(stays.ids).toEqual([id]);
    expect(left.heard).toEqual([]);
  });

  it('is not ended by a listener that fails', async () => {
    tail.subscribe(() => {
      throw new Error('a careless listener');
    });
    const { ids } = listen();
    const expected = [await made(), await made()];
    await expect.poll(ids, { timeout: 3_000 }).toEqual(expected);
  });

  it('reads what came while Redis was away', async () => {
    const { ids } = listen();
    const first = await made();
    await expect.poll(ids).toEqual([first]);
    await fixture.server.kill();
    await fixture.server.restart();
    await expect.poll(() => fixture.redis.ping().catch(() => ''), { timeout: 5_000 }).toBe('PONG');
    const second = await made();
    await expect.poll(ids, { timeout: 10_000 }).toEqual([first, second]);
  });

  it('tells who follows it what was trimmed away before it was read', async () => {
    const pages: EventPage[] = [];
    const first = await made();
    const after = await fixture.store.latestPosition();
    // As when Redis was away for this process alone, and others have gone on.
    const late = { ...fixture.store, latestPosition: async () => after };
    const [second, third] = [await made(), await made()];
    await fixture.redis.xtrim(EVENTS_KEY, 'MAXLEN', 1);
    const other = createEventTail(late, silentLog);
    const { ids } = listen(other);
    other.follow({ after, take: (page) => pages.push(page) > 0 });
    await expect.poll(ids).toEqual([third]);
    await expect.poll(() => pages.flatMap(({ gap }) => gap?.why ?? []).at(0)).toBe('trimmed');
    expect(pages.flatMap(({ events }) => events.map(({ nodeId }) => nodeId))).toEqual([third]);
    expect([first, second]).not.toContain(third);
    await other.close();
  });

  it.each(['latestPosition', 'events'] as const)(
    'is closed also while its %s waits for an absent Redis',
    async (read) => {
      const never = () => new Promise<never>(() => undefined);
      const store = {
        latestPosition: async () => '0',
        events: async () => [],
        eventPage: never,
        [read]: never,
      };
      const other = createEventTail(store, silentLog);
      const { heard } = listen(other);
      await other.close();
      expect(heard).toEqual([]);
    },
  );

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'serves a listener that comes when the last one has just left, %i turns after its read has ended',
    async (turns) => {
      const answers: ((events: readonly NodeEvent[]) => void)[] = [];
      const events = () => new Promise<readonly NodeEvent[]>((resolve) => void answers.push(resolve));
      const eventPage = async () => ({ events: [], next: '0', more: false });
      const other = createEventTail({ latestPosition: async () => '0', events, eventPage }, silentLog);
      const left = listen(other);
      await expect.poll(() => answers.length).toBe(1);
      left.end();
      answers[0]?.([]);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      listen(other);
      await expect.poll(() => answers.length).toBe(2);
      const ended = other.close();
      answers[1]?.([]);
      await ended;
    },
  );
});
