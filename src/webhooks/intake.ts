/** What comes into a session’s window: the stream from the cursor on, and what people give back. */
import type { Log } from '../log.js';
import type { NodeEvent } from '../node/record.js';
import type { Clock } from './clock.js';
import type { Claimed, Deliveries } from './deliveries.js';
import { type Ending, unless } from './ending.js';
import { matches } from './filter.js';
import { inOrder } from './letters.js';
import { eventMessage, gapMessage } from './message.js';
import type { WebhookMeter } from './meter.js';
import { BEGINNING, comparePositions, isPosition, justBefore } from './positions.js';
import type { Window } from './window.js';
import type { Writer } from './writer.js';

/** The stream of events, as far as deliveries need it. */
export interface EventSource {
  /** At most `limit` events after this position. Throws REDIS_UNAVAILABLE. */
  events(query: { readonly after: string; readonly limit: number }): Promise<readonly NodeEvent[]>;
}

export interface IntakeParts {
  readonly claimed: Claimed;
  readonly source: EventSource;
  readonly deliveries: Pick<Deliveries, 'skipGap' | 'retries' | 'postpone'>;
  readonly window: Window;
  readonly writer: Writer;
  readonly ending: Ending;
  readonly clock: Clock;
  readonly meter: WebhookMeter;
  readonly log: Log;
}

const BATCH = 100;

export class Intake {
  readonly #parts: IntakeParts;
  /** Whether there may be events that were not read. */
  #isMore = true;
  #gapUntil: string | undefined;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#gapUntil = parts.claimed.gapUntil;
  }

  /** There is something new in the stream, or may be. */
  more(): void {
    this.#isMore = true;
  }

  /** As much of the stream as the window has room for. Throws REDIS_UNAVAILABLE. */
  async read(): Promise<void> {
    const { window, ending } = this.#parts;
    while (this.#isMore && window.room > 0 && !ending.soon.aborted) {
      // Told again meanwhile, it is read again.
      this.#isMore = false;
      try {
        await this.#readPage();
      } catch (error) {
        this.#isMore = true;
        throw error;
      }
    }
  }

  async #readPage(): Promise<void> {
    const { window, source, ending } = this.#parts;
    const { readTo } = window;
    const limit = Math.min(BATCH, window.room);
    const query = { after: readTo === BEGINNING ? readTo : justBefore(readTo), limit: limit + 1 };
    const found = await unless(ending.over, source.events(query));
    if (found === undefined) return;
    const fresh = found.filter(({ position }) => position !== readTo);
    const [first] = fresh;
    if (first === undefined) return;
    // The last event that was read is not there any more: others between it and these may have been.
    const isWhole = readTo === BEGINNING || found.length > fresh.length;
    if (!isWhole && !(await this.#skipGap(readTo, first.position))) return;
    for (const event of fresh.slice(0, limit)) this.#take(event);
    await this.#parkHeldUp();
    if (fresh.length >= limit) this.#isMore = true;
  }

  /** What people have given back since. */
  async look(): Promise<void> {
    const { deliveries, claimed, window, ending } = this.#parts;
    const retries = (await unless(ending.over, deliveries.retries(claimed.lease.webhookId))) ?? [];
    for (const retry of inOrder(retries)) {
      if (!isPosition(retry.key) && !window.has(retry.key)) window.takeBesides(retry);
    }
  }

  #take(event: NodeEvent): void {
    const { window, claimed } = this.#parts;
    const { position: key } = event;
    if (!matches(claimed.filter, event)) window.pass(key);
    else window.take({ key, message: eventMessage(event), attempts: 0, notBefore: 0 });
  }

  /** What waits for a message that fails must not hold the cursor for as long. */
  async #parkHeldUp(): Promise<void> {
    const { window, writer, deliveries, claimed } = this.#parts;
    if (window.heldUp().length === 0) return;
    await writer.write(() => {
      const items = window.heldUp();
      window.park(items);
      const retries = items.map(({ retry }) => retry);
      return deliveries.postpone(claimed.lease, retries, window.mark());
    });
  }

  /** Whether it is on record; the same gap is met again until something behind it is dealt with. */
  async #skipGap(after: string, until: string): Promise<boolean> {
    const { deliveries, claimed, window, writer, clock, meter, log } = this.#parts;
    const { lease } = claimed;
    const known = this.#gapUntil;
    if (known === undefined || comparePositions(until, known) > 0) {
      const from = known !== undefined && comparePositions(known, after) > 0 ? known : after;
      const gap = { after: from, until };
      const message = gapMessage(lease.webhookId, gap, clock.now());
      if (!(await writer.write(() => deliveries.skipGap(lease, { ...gap, message })))) return false;
      this.#gapUntil = until;
      log.error({ webhookId: lease.webhookId, ...gap }, 'events were trimmed before a webhook got them');
      meter.missed(lease.webhookId);
      window.takeBesides({ key: message.key, message, attempts: 0, notBefore: 0 });
    }
    window.skip(until);
    return true;
  }
}
