/**
 * One webhook, delivered under one lease: reads the stream from the cursor on, sends what matches, and stores how far it has
 * come. It ends when it is told to, when the webhook is disabled or removed, or when the lease cannot be kept. What was sent
 * and not stored by then is sent once more by whoever comes next, under the same message id.
 */
import type { Log } from '../log.js';
import { type AttemptSettings, Attempts } from './attempts.js';
import { Bell } from './bell.js';
import type { Clock } from './clock.js';
import type { Claimed, Deliveries } from './deliveries.js';
import { Ending, type SessionEnd, unless } from './ending.js';
import { type EventSource, Intake } from './intake.js';
import { keepLease } from './keep-lease.js';
import { inOrder } from './letters.js';
import type { WebhookMeter } from './meter.js';
import type { Post } from './post.js';
import { Window } from './window.js';
import { isAway, Writer } from './writer.js';

export interface DeliverySettings extends AttemptSettings {
  /** How long a webhook belongs to its process without renewing. */
  readonly leaseMs: number;
}

export interface SessionParts {
  readonly deliveries: Deliveries;
  readonly source: EventSource;
  readonly post: Post;
  readonly settings: DeliverySettings;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly meter: WebhookMeter;
  readonly log: Log;
}

/** Messages of the stream that a webhook is at, at once. */
const WINDOW = 256;
/** Messages that are kept to be tried again: what a dead receiver costs in memory. Then the stream waits. */
const MOST_PARKED = 1_000;
/** The stream is looked at so often even if nobody rings. */
const LOOK_MS = 5_000;
/** After Redis did not answer. */
const PAUSE_MS = 500;
/** What may still be done after the end has begun: requests under way, and their results into Redis. */
const LAST_WORDS_MS = 3_000;

export class Session {
  readonly #parts: SessionParts;
  readonly #claimed: Claimed;
  readonly #ending = new Ending();
  readonly #bell = new Bell();
  readonly #window: Window;
  readonly #writer: Writer;
  readonly #intake: Intake;
  readonly #attempts: Attempts;
  readonly #askedAt: number;
  #isChanged = false;

  /** `askedAt`: when the lease was asked for, on the monotonic clock. */
  constructor(parts: SessionParts, claimed: Claimed, askedAt: number) {
    this.#parts = parts;
    this.#claimed = claimed;
    this.#askedAt = askedAt;
    const parked = inOrder(claimed.retries);
    this.#window = new Window({ limit: WINDOW, mostParked: MOST_PARKED, mark: claimed.mark, parked });
    this.#writer = new Writer(parts.clock, this.#ending);
    const inner = { ...parts, claimed, window: this.#window, writer: this.#writer, ending: this.#ending };
    this.#intake = new Intake(inner);
    this.#attempts = new Attempts({ ...inner, done: () => this.#bell.ring() });
    this.#ending.soon.addEventListener('abort', () => this.#bell.ring(), { once: true });
  }

  /** Something new is in the stream. */
  wake(): void {
    this.#intake.more();
    this.#bell.ring();
  }

  /** Lets what is under way end, for a moment. */
  stop(): void {
    this.#ending.begin('stopped');
  }

  /** Until it has ended; answers why. Never rejects. */
  async run(): Promise<SessionEnd> {
    const { deliveries, settings, clock, log, meter } = this.#parts;
    const { webhookId } = this.#claimed.lease;
    const keeping = keepLease({
      deliveries,
      claimed: this.#claimed,
      ttlMs: settings.leaseMs,
      askedAt: this.#askedAt,
      clock,
      log,
      ending: this.#ending,
      mark: () => this.#window.mark(),
      changed: () => {
        this.#isChanged = true;
        this.#bell.ring();
      },
    });
    try {
      await this.#deliver();
      await this.#lastWords();
    } catch (error) {
      log.error({ webhookId, error: String(error) }, 'a webhook cannot be delivered');
      this.#ending.begin('failed');
    }
    this.#ending.silence();
    this.#ending.end();
    await Promise.all([keeping, this.#attempts.idle()]);
    meter.oldest(webhookId, undefined);
    return this.#ending.why ?? 'failed';
  }

  async #deliver(): Promise<void> {
    const { clock, meter } = this.#parts;
    const { soon } = this.#ending;
    let lookedAt = clock.monotonic();
    while (!soon.aborted) {
      if (clock.monotonic() - lookedAt >= LOOK_MS) {
        lookedAt = clock.monotonic();
        this.#intake.more();
      }
      const isAnswered = await this.#takeIn();
      this.#attempts.start();
      meter.oldest(this.#claimed.lease.webhookId, this.#window.mark().oldestAt);
      const now = clock.now();
      const longest = isAnswered ? LOOK_MS : PAUSE_MS;
      const ms = Math.max(1, Math.min(longest, this.#attempts.nextAt(now) - now));
      await this.#bell.during((signal) => clock.wait(ms, signal));
    }
  }

  /** Whether Redis answered. */
  async #takeIn(): Promise<boolean> {
    try {
      if (this.#isChanged) {
        await this.#intake.look();
        this.#isChanged = false;
      }
      await this.#intake.read();
      return true;
    } catch (error) {
      if (!isAway(error)) throw error;
      return false;
    }
  }

  /** What is under way ends, its results are stored, and the next one need not wait for the lease’s end. */
  async #lastWords(): Promise<void> {
    const { clock, deliveries } = this.#parts;
    const { lease } = this.#claimed;
    const said = new AbortController();
    const words = async (): Promise<void> => {
      await this.#attempts.idle();
      await this.#writer.write(() => deliveries.settle(lease, [], this.#window.mark()));
      if (!this.#ending.over.aborted) await deliveries.release(lease);
    };
    // Requests first, then everything.
    const patience = clock.wait(LAST_WORDS_MS, said.signal).then(async () => {
      this.#ending.silence();
      await clock.wait(LAST_WORDS_MS, said.signal);
      this.#ending.end();
    });
    await unless(this.#ending.over, words());
    said.abort();
    await patience;
  }
}
