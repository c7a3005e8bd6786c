/** One reader of the event stream for many listeners, so that a hundred waiters cost one blocked connection. */
import type { Log } from '../log.js';
import type { NodeEvent } from '../node/record.js';
import type { NodeStore } from './store.js';

/** How long one read waits for something new. Only bounds how soon a closed tail ends. */
const BLOCK_MS = 1_000;
const BATCH = 500;
/** After a failed read; Redis is away and every reader would ask again at once. */
const PAUSE_MS = 500;

export type EventListener = (event: NodeEvent) => void;

export interface EventTail {
  /** Hears every event from now on. Answers the function that ends it. */
  subscribe(listener: EventListener): () => void;
  close(): Promise<void>;
}

/**
 * Reads from the first subscription to the last, from the stream’s end at that moment. Events that come while Redis is
 * away are read when it is back; the stream keeps its place.
 */
export function createEventTail(store: Pick<NodeStore, 'events' | 'latestPosition'>, log: Log): EventTail {
  const listeners = new Set<EventListener>();
  let reading: Promise<void> | undefined;
  let closed = false;

  /** One that fails keeps no other from hearing. */
  const tell = (listener: EventListener, event: NodeEvent): void => {
    try {
      listener(event);
    } catch (error) {
      log.error({ error: String(error) }, 'a listener of the events failed');
    }
  };

  /** A read that waits for an absent Redis may never end; a tail that is closed ends all the same, with undefined. */
  let giveUp = (): void => {};
  const unlessClosed = <T>(answer: Promise<T>): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      giveUp = () => resolve(undefined);
      answer.then(resolve, reject);
    });

  const read = async (): Promise<void> => {
    let after: string | undefined;
    while (!closed && listeners.size > 0) {
      try {
        after ??= await unlessClosed(store.latestPosition());
        if (after === undefined) break;
        const query = { after, limit: BATCH, blockMs: BLOCK_MS };
        const events = (await unlessClosed(store.events(query))) ?? [];
        for (const event of events) {
          after = event.position;
          for (const listener of [...listeners]) tell(listener, event);
        }
      } catch (error) {
        if (closed) break;
        log.debug({ error: String(error) }, 'events not read; trying again');
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    // In the same turn as the last look at the listeners, so that whoever comes next begins to read anew.
    reading = undefined;
  };

  return {
    subscribe(listener) {
      listeners.add(listener);
      reading ??= read();
      return () => {
        listeners.delete(listener);
      };
    },
    async close() {
      closed = true;
      listeners.clear();
      giveUp();
      await reading;
    },
  };
}
