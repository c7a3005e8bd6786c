/** The window by itself: order, room, and what a mark promises to whoever comes after a crash. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mark, Retry } from '../../src/webhooks/deliveries.js';
import { comparePositions } from '../../src/webhooks/positions.js';
import { type Item, Window } from '../../src/webhooks/window.js';

const position = (number: number): string => `${1_000 + number}-0`;
const retryOf = (key: string, lane: string, more: Partial<Retry> = {}): Retry => ({
  key,
  message: { key, lane, at: Number.parseInt(key, 10), body: '{}' },
  attempts: 0,
  notBefore: 0,
  ...more,
});

interface Opening {
  readonly limit?: number;
  readonly mostParked?: number;
  readonly mark?: Mark;
  readonly parked?: readonly Retry[];
}
const open = ({
  limit = 10,
  mostParked = 10,
  mark = { cursor: '0', beyond: [] },
  parked = [],
}: Opening = {}) => new Window({ limit, mostParked, mark, parked });

const keys = (items: readonly Item[]): string[] => items.map(({ retry }) => retry.key);
function end(window: Window, key: string): void {
  const item = window.due(Number.POSITIVE_INFINITY).find(({ retry }) => retry.key === key);
  if (item === undefined) throw new Error(`${key} cannot be sent`);
  window.settle(item);
  window.leave(item);
}

describe('a window', () => {
  it('lets one message of each node go at a time, the oldest first', () => {
    const window = open();
    for (const [number, lane] of ['b', 'a', 'a', 'b', 'c'].entries())
      window.take(retryOf(position(number), lane));
    expect(keys(window.due(0))).toEqual([position(0), position(1), position(4)]);
    end(window, position(1));
    expect(keys(window.due(0))).toEqual([position(0), position(2), position(4)]);
  });

  it('has its cursor before the first message that is not dealt with', () => {
    const window = open();
    window.pass(position(0));
    for (const number of [1, 2, 3]) window.take(retryOf(position(number), `n${number}`));
    expect(window.mark()).toEqual({ cursor: position(0), beyond: [], oldestAt: 1_001 });
    end(window, position(2));
    expect(window.mark()).toEqual({ cursor: position(0), beyond: [position(2)], oldestAt: 1_001 });
    end(window, position(1));
    expect(window.mark()).toEqual({ cursor: position(2), beyond: [], oldestAt: 1_003 });
    end(window, position(3));
    window.pass(position(4));
    expect(window.mark()).toEqual({ cursor: position(4), beyond: [] });
  });

  it('goes past a message that is parked, with those behind it, and only its node waits', () => {
    const window = open();
    window.take(retryOf(position(0), 'a'));
    window.take(retryOf(position(1), 'a'));
    window.take(retryOf(position(2), 'b'));
    const [failed] = window.due(0) as [Item];
    failed.retry = { ...failed.retry, attempts: 1, notBefore: 500 };
    expect(keys(window.heldUp())).toEqual([position(0), position(1)]);
    window.park(window.heldUp());
    expect(window.mark()).toEqual({ cursor: position(1), beyond: [], oldestAt: 1_000 });
    expect(keys(window.due(499))).toEqual([position(2)]);
    expect(window.nextDueAt(499)).toBe(500);
    window.take(retryOf(position(3), 'a'));
    expect(keys(window.heldUp())).toEqual([position(3)]);
    expect(keys(window.due(500))).toEqual([position(0), position(2)]);
  });

  it('has room for so many, and takes none while too many are parked', () => {
    const window = open({ limit: 2, mostParked: 2 });
    window.take(retryOf(position(0), 'a'));
    window.take(retryOf(position(1), 'b'));
    expect(window.room).toBe(0);
    window.park(window.due(0).slice(0, 1));
    expect(window.room).toBe(1);
    window.park(window.due(0));
    expect(window.room).toBe(0);
    end(window, position(0));
    expect(window.room).toBe(1);
  });

  it('does not hold up the stream for what people gave back', () => {
    const window = open({ mostParked: 1 });
    window.takeBesides(retryOf('again-5-0', 'a'));
    window.takeBesides(retryOf('again-6-0', 'a'));
    expect(window.room).toBe(1);
    window.take(retryOf(position(0), 'a'));
    expect(keys(window.due(0))).toEqual(['again-5-0', position(0)]);
    expect(window.mark().oldestAt).toBe(1_000);
    end(window, 'again-5-0');
    expect(keys(window.due(0))).toEqual(['again-6-0', position(0)]);
  });

  it('knows what an earlier session had dealt with ahead of its cursor', () => {
    const mark = { cursor: position(0), beyond: [position(2)] };
    const window = open({ mark, parked: [retryOf(position(3), 'c', { attempts: 2 })] });
    for (const [number, lane] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ] as const) {
      window.take(retryOf(position(number), lane));
    }
    expect(keys(window.due(0)).sort()).toEqual([position(1), position(3), position(4)]);
    expect(window.mark()).toMatchObject({ cursor: position(0), beyond: [position(2), position(3)] });
    end(window, position(1));
    expect(window.mark()).toMatchObject({ cursor: position(3), beyond: [] });
  });

  it('does not take again what was parked and is delivered before the stream is read as far', () => {
    const window = open({ mark: { cursor: position(0), beyond: [] }, parked: [retryOf(position(2), 'a')] });
    end(window, position(2));
    expect(window.mark()).toEqual({ cursor: position(0), beyond: [position(2)] });
    window.take(retryOf(position(1), 'b'));
    window.take(retryOf(position(2), 'a'));
    expect(keys(window.due(0))).toEqual([position(1)]);
  });

  it('forgets what it knew of trimmed events', () => {
    const window = open({ mark: { cursor: position(0), beyond: [position(2), position(7)] } });
    window.skip(position(5));
    expect(window.mark().beyond).toEqual([position(7)]);
  });
});

describe('positions', () => {
  it('are ordered as Redis orders them', () => {
    const part = fc.bigInt({ min: 0n, max: 10n ** 15n - 1n });
    fc.assert(
      fc.property(fc.tuple(part, part), fc.tuple(part, part), ([aTime, aSequence], [bTime, bSequence]) => {
        const order = aTime === bTime ? aSequence - bSequence : aTime - bTime;
        const sign = order < 0n ? -1 : order > 0n ? 1 : 0;
        expect(Math.sign(comparePositions(`${aTime}-${aSequence}`, `${bTime}-${bSequence}`))).toBe(sign);
      }),
    );
  });
});

/** Steps of a session that may crash after any of them; what is stored is what its last write said. */
type Step = 'read' | 'send' | 'fail' | 'crash';
const steps = fc.array(fc.constantFrom<Step>('read', 'read', 'send', 'send', 'send', 'fail', 'crash'), {
  maxLength: 120,
});
const stream = fc.array(fc.record({ lane: fc.constantFrom('a', 'b', 'c', 'd'), matches: fc.boolean() }), {
  maxLength: 40,
});

describe('whatever happens, crashes at every moment included', () => {
  it('every message is delivered once it was not stored as delivered, none twice, each node in order', () => {
    fc.assert(
      fc.property(stream, steps, fc.integer({ min: 1, max: 5 }), (events, walk, limit) => {
        const delivered: { key: string; lane: string }[] = [];
        const retries = new Map<string, Retry>();
        let mark: Mark = { cursor: '0', beyond: [] };
        const begin = (): Window =>
          new Window({
            limit,
            mostParked: 3,
            mark,
            parked: [...retries.values()].sort((a, b) => comparePositions(a.key, b.key)),
          });
        let window = begin();

        const read = (): boolean => {
          const next = events.findIndex((_, index) => comparePositions(position(index), window.readTo) > 0);
          const event = events[next];
          if (event === undefined || window.room === 0) return false;
          const key = position(next);
          if (event.matches) window.take(retryOf(key, event.lane));
          else window.pass(key);
          const held = window.heldUp();
          window.park(held);
          for (const { retry } of held) retries.set(retry.key, retry);
          mark = window.mark();
          return true;
        };
        const send = (): boolean => {
          const [item] = window.due(0);
          if (item === undefined) return false;
          delivered.push({ key: item.retry.key, lane: item.lane });
          window.settle(item);
          retries.delete(item.retry.key);
          mark = window.mark();
          window.leave(item);
          return true;
        };
        const fail = (): void => {
          const [item] = window.due(0);
          if (item === undefined) return;
          item.retry = { ...item.retry, attempts: item.retry.attempts + 1 };
          const behind = window.heldUp().filter(({ lane }) => lane === item.lane);
          window.park([item, ...behind]);
          for (const { retry } of [item, ...behind]) retries.set(retry.key, retry);
          mark = window.mark();
        };
        const act: Record<Step, () => void> = {
          read,
          send,
          fail,
          crash: () => {
            window = begin();
          },
        };
        for (const step of walk) {
          act[step]();
          expect(window.room).toBeGreaterThanOrEqual(0);
          expect(retries.size).toBeLessThanOrEqual(3 + limit);
        }
        while (read() || send());

        const wanted = events.flatMap(({ lane, matches }, index) =>
          matches ? [{ key: position(index), lane }] : [],
        );
        for (const lane of ['a', 'b', 'c', 'd']) {
          expect(delivered.filter((each) => each.lane === lane)).toEqual(
            wanted.filter((each) => each.lane === lane),
          );
        }
        expect(retries.size).toBe(0);
        expect(mark).toEqual({ cursor: events.length === 0 ? '0' : position(events.length - 1), beyond: [] });
      }),
      { numRuns: 2_000 },
    );
  });
});
