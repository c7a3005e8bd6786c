/** One reader of the event stream for many listeners, so that a thousand of them cost one blocked connection. */
import type { Log } from '../log.js';
import type { NodeEvent } from '../node/record.js';
import { type EventBatch, type EventFollower, Follower, type FollowRequest } from './follower.js';
import type { NodeStore } from './store.js';

/** How long one wait for something new lasts; also how often listeners hear that there is nothing. */
const BLOCK_MS = 1_000;
/** A wait that is not answered, not even with nothing, hangs on a dead connection: then the stream is looked at all the same. */
const OVERDUE_MS = 2 * BLOCK_MS;
const BATCH = 500;
/** After a failed read; Redis is away and every reader would ask again at once. */
const PAUSE_MS = 500;

export type EventListener = (event: NodeEvent) => void;

export interface EventTail {
  /** Hears every event from now on. Answers the function that ends it. */
  subscribe(listener: EventListener): () => void;
  /** Hears every event after a position, the past ones first, each once, as fast as it takes them. */
  follow(request: FollowRequest): EventFollower;
  close(): Promise<void>;
}

type TailStore = Pick<NodeStore, 'events' | 'eventPage' | 'latestPosition'>;
type Hear = (batch: EventBatch) => void;

/**
 * Reads from the first subscription to the last, from the stream’s end at that moment. Events that come while Redis is
 * away are read when it is back; the stream keeps its place.
 */
export function createEventTail(store: TailStore, log: Log): EventTail {
  const listeners = new Set<Hear>();
  let reading: Promise<void> | undefined;
  let place: string | undefined;
  let closed = false;

  /** One that fails keeps no other from hearing. */
  const guarded = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      log.error({ error: String(error) }, 'a listener of the events failed');
    }
  };

  const tell = (batch: EventBatch): void => {
    place = batch.next;
    for (const hear of [...listeners]) guarded(() => hear(batch));
  };

  /** A read that waits for an absent Redis may never end; a tail that is closed ends all the same, with undefined. */
  let giveUp = (): void => {};
  const unlessClosed = <T>(answer: Promise<T>): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      giveUp = () => resolve(undefined);
      answer.then(resolve, reject);
    });

  let waiting: Promise<unknown> | undefined;
  /** The read that waits only wakes: the page that is read then knows whether anything was trimmed away meanwhile. */
  const somethingNew = async (after: string): Promise<void> => {
    waiting ??= store.events({ after, limit: 1, blockMs: BLOCK_MS }).finally(() => {
      waiting = undefined;
    });
    let overdue: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      overdue = setTimeout(resolve, OVERDUE_MS);
    });
    try {
      await unlessClosed(Promise.race([waiting, late]));
    } finally {
      clearTimeout(overdue);
    }
  };

  const readOnce = async (): Promise<void> => {
    if (place === undefined) {
      const next = await unlessClosed(store.latestPosition());
      // Those who read what is past learn where to join.
      if (next !== undefined) tell({ after: next, events: [], next, more: false });
      return;
    }
    await somethingNew(place);
    if (closed || listeners.size === 0) return;
    const after = place;
    const page = await unlessClosed(store.eventPage({ after, limit: BATCH }));
    if (page !== undefined) tell({ ...page, after });
  };

  const read = async (): Promise<void> => {
    while (!closed && listeners.size > 0) {
      try {
        await readOnce();
      } catch (error) {
        if (closed) break;
        log.debug({ error: String(error) }, 'events not read; trying again');
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    // In the same turn as the last look at the listeners, so that whoever comes next begins to read anew.
    reading = undefined;
    place = undefined;
  };

  const listen = (hear: Hear): void => {
    listeners.add(hear);
    reading ??= read();
  };

  return {
    subscribe(listener) {
      const hear = ({ events }: EventBatch): void => {
        for (const event of events) guarded(() => listener(event));
      };
      listen(hear);
      return () => {
        listeners.delete(hear);
      };
    },
    follow(request) {
      const hear: Hear = (batch) => follower.hear(batch);
      const follower = new Follower({ store, place: () => place }, request, () => listeners.delete(hear));
      if (closed) return follower;
      listen(hear);
      follower.resume();
      return follower;
    },
    async close() {
      closed = true;
      listeners.clear();
      giveUp();
      await reading;
    },
  };
}
