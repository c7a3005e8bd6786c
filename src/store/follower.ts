/**
 * One listener of the event stream from any position on: it reads what is past from the stream, and then hears what the one
 * reader of the process tells everybody. Every batch says after which position it begins, so the joint needs no buffer:
 *
 * - live: a batch that begins where the follower is, or before, is the next one; of its events those that are known are left out.
 * - reading: batches pass by unheard. At the end of the stream, and once it is no longer behind the shared reader, it is live;
 *   both are seen in the same turn, so no batch comes in between.
 * - paused: the listener has no room. Batches pass by, and `resume` reads on from the stream, as slowly as the listener takes it.
 * - stale: a read has failed. The next batch makes it read on.
 */

import { isAfter, later } from './positions.js';
import type { EventPage, NodeStore } from './store.js';

/** Bounds what a listener that has just had room may be given at once. */
const PAGE = 200;

/** What the shared reader has read: every event after `after`, up to and with `next`. */
export interface EventBatch extends EventPage {
  readonly after: string;
}

export interface FollowRequest {
  /** Begins after this position; `0` = with the oldest event that is kept. */
  readonly after: string;
  /**
   * Takes events in order, each once; the batch may hold none and only move the position. `gap`: what is said to be missing came
   * before them. Answers whether there is room for more; if not, `resume` says when.
   */
  readonly take: (page: EventPage) => boolean;
}

export interface EventFollower {
  /** Everything up to here was given. */
  readonly position: string;
  resume(): void;
  end(): void;
}

export interface FollowedReader {
  readonly store: Pick<NodeStore, 'eventPage'>;
  /** Where the shared reader is; undefined while it does not know yet. */
  readonly place: () => string | undefined;
}

export class Follower implements EventFollower {
  readonly #reader: FollowedReader;
  readonly #take: FollowRequest['take'];
  readonly #onEnd: () => void;
  #position: string;
  #mode: 'reading' | 'live' | 'paused' | 'stale' | 'ended' = 'stale';

  constructor(reader: FollowedReader, { after, take }: FollowRequest, onEnd: () => void) {
    this.#reader = reader;
    this.#take = take;
    this.#position = after;
    this.#onEnd = onEnd;
  }

  get position(): string {
    return this.#position;
  }

  resume(): void {
    if (this.#mode === 'paused' || this.#mode === 'stale') void this.#readOn();
  }

  end(): void {
    this.#mode = 'ended';
    this.#onEnd();
  }

  /** A batch of the shared reader. */
  hear(batch: EventBatch): void {
    if (this.#mode === 'stale') void this.#readOn();
    if (this.#mode !== 'live') return;
    // What is missing for the shared reader need not be for this one, which may have read it in time.
    if (batch.gap !== undefined || isAfter(batch.after, this.#position)) void this.#readOn();
    else if (isAfter(batch.next, this.#position)) this.#give(this.#newOf(batch), batch.next);
  }

  /** Mostly all of them, and then the batch itself: what was made of it once serves every listener. */
  #newOf(batch: EventBatch): EventPage {
    if (batch.after === this.#position) return batch;
    return { ...batch, events: batch.events.filter(({ position }) => isAfter(position, this.#position)) };
  }

  #give(page: EventPage, next: string): void {
    this.#position = next;
    if (!this.#take(page) && this.#mode !== 'ended') this.#mode = 'paused';
  }

  async #readOn(): Promise<void> {
    this.#mode = 'reading';
    while (this.#mode === 'reading') {
      // Asked for before the read: a page that ends at the end of the stream has everything up to there.
      const place = this.#reader.place();
      const page = await this.#read();
      if (this.#mode !== 'reading') return;
      if (page === undefined) {
        this.#mode = 'stale';
        return;
      }
      const whole = !page.more && page.gap === undefined && place !== undefined;
      this.#give(page, whole ? later(page.next, place) : page.next);
      if (!page.more && !this.#isBehind()) this.#becomeLive();
    }
  }

  #isBehind(): boolean {
    const place = this.#reader.place();
    return place !== undefined && isAfter(place, this.#position);
  }

  /** Unless the listener has been paused, or has ended, by what it was given last. */
  #becomeLive(): void {
    if (this.#mode === 'reading') this.#mode = 'live';
  }

  /** Undefined when Redis is away; whoever reads for all says so. */
  async #read(): Promise<EventPage | undefined> {
    try {
      return await this.#reader.store.eventPage({ after: this.#position, limit: PAGE });
    } catch {
      return undefined;
    }
  }
}
