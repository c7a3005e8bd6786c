/** Whoever follows the stream from any position hears every event after it once and in order, whatever happens meanwhile. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/log.js';
import type { NodeEvent } from '../../src/node/record.js';
import type { EventFollower } from '../../src/store/follower.js';
import { isAfter } from '../../src/store/positions.js';
import type { EventPage } from '../../src/store/store.js';
import { createEventTail } from '../../src/store/tail.js';

const eventAt = (n: number): NodeEvent => ({
  position: `${n}-0`,
  type: 'noted',
  nodeId: 'n',
  group: 'g',
  role: 'r',
  actor: 'operator',
  epoch: 0,
  at: n,
});

/** A stream in memory whose answers come when, and in the order in which, the scheduler lets them. */
class Stream {
  readonly all: NodeEvent[] = [];
  readonly #scheduler: fc.Scheduler;
  readonly #most: number;

  constructor(scheduler: fc.Scheduler, most: number) {
    this.#scheduler = scheduler;
    this.#most = most;
  }

  append(): void {
    this.all.push(eventAt(this.all.length + 1));
  }

  get end(): string {
    return this.all.at(-1)?.position ?? '0';
  }

  /** The answer is that of the moment in which the scheduler lets the question through; it comes later. */
  async #answer<T>(answer: () => T): Promise<T> {
    await this.#scheduler.schedule(Promise.resolve(), 'question');
    const told = answer();
    await this.#scheduler.schedule(Promise.resolve(), 'answer');
    return told;
  }

  latestPosition = (): Promise<string> => this.#answer(() => this.end);
  /** A wait that may end with nothing. */
  events = (): Promise<readonly NodeEvent[]> => this.#answer(() => []);
  eventPage = ({ after, limit = 100 }: { after: string; limit?: number }): Promise<EventPage> =>
    this.#answer(() => {
      const count = Math.min(limit, this.#most);
      const events = this.all.filter(({ position }) => isAfter(position, after)).slice(0, count);
      return { events, next: events.at(-1)?.position ?? after, more: events.length === count };
    });
}

interface Heard {
  readonly after: string;
  readonly positions: string[];
  readonly follower: EventFollower;
}

const command = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ does: 'append' } as const) },
  { weight: 6, arbitrary: fc.constant({ does: 'step' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('follow' as const),
      back: fc.nat(12),
      every: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('resume' as const), which: fc.nat(5) }) },
);

test('a listener hears every event after its position once and in order, however reads, events and pauses interleave', async () => {
  let joined = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(command, { minLength: 10, maxLength: 120 }),
      fc.integer({ min: 1, max: 5 }),
      async (scheduler, commands, most) => {
        const stream = new Stream(scheduler, most);
        const tail = createEventTail(stream, silentLog);
        const listeners: Heard[] = [];
        const step = async (): Promise<void> => {
          if (scheduler.count() > 0) await scheduler.waitOne();
          for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
        };
        const follow = (after: string, every: number): void => {
          const positions: string[] = [];
          let given = 0;
          const take = ({ events }: EventPage): boolean => {
            positions.push(...events.map(({ position }) => position));
            given += 1;
            // Every so many batches it has no room.
            return given % (every + 1) !== 0;
          };
          listeners.push({ after, positions, follower: tail.follow({ after, take }) });
        };
        for (const each of commands) {
          if (each.does === 'append') stream.append();
          else if (each.does === 'step') await step();
          else if (each.does === 'resume') listeners[each.which]?.follower.resume();
          else follow(`${Math.max(0, stream.all.length - each.back)}-0`, each.every);
        }
        const isDone = (): boolean =>
          listeners.every(({ follower }) => !isAfter(stream.end, follower.position));
        for (let steps = 0; steps < 5_000 && !isDone(); steps += 1) {
          for (const { follower } of listeners) follower.resume();
          await step();
        }
        for (const { after, positions } of listeners) {
          const expected = stream.all.map(({ position }) => position).filter((each) => isAfter(each, after));
          expect(positions).toEqual(expected);
          joined += expected.length;
        }
        // What waits for the scheduler must not keep the tail from ending.
        await tail.close();
      },
    ),
    { numRuns: 300 },
  );
  expect(joined).toBeGreaterThan(1_000);
}, 120_000);
