/** The event stream as a sequence that can be left at any moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeyardError } from '../errors.js';
import type { NodeEvent } from '../node/record.js';
import type { NodeStore } from '../store/store.js';

/** How long one read waits; only bounds how long a read that nobody waits for any more goes on. */
const BLOCK_MS = 1_000;
const BATCH = 500;
const AWAY_PAUSE_MS = 500;

export interface FeedOptions {
  /** Entries after this position come first, then new ones as they happen. */
  readonly after: string;
  /** Ends the sequence. */
  readonly signal: AbortSignal;
  /** Hears that Redis is away (true) and back (false); the feed goes on where it was. */
  readonly onAway?: (away: boolean) => void;
}

export async function* eventFeed(
  store: Pick<NodeStore, 'events'>,
  { after, signal, onAway }: FeedOptions,
): AsyncGenerator<NodeEvent> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  let position = after;
  let away = false;
  while (!signal.aborted) {
    const read = readOnce(store, position);
    const events = await Promise.race([read, aborted]);
    if (events === undefined) return;
    if (events === 'away') {
      if (!away) onAway?.(true);
      away = true;
      await Promise.race([sleep(AWAY_PAUSE_MS), aborted]);
      continue;
    }
    if (away) onAway?.(false);
    away = false;
    for (const event of events) {
      position = event.position;
      yield event;
      if (signal.aborted) return;
    }
  }
}

async function readOnce(
  store: Pick<NodeStore, 'events'>,
  after: string,
): Promise<readonly NodeEvent[] | 'away'> {
  try {
    return await store.events({ after, limit: BATCH, blockMs: BLOCK_MS });
  } catch (error) {
    if (error instanceof NodeyardError && error.code === 'REDIS_UNAVAILABLE') return 'away';
    throw error;
  }
}
