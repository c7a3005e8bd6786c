/** What goes out of a session’s window: sends what is due, and stores what became of it before the next of its lane goes. */
import { assertNever } from '../errors.js';
import type { Log } from '../log.js';
import { type Backoff, backoffMs } from './backoff.js';
import type { Clock } from './clock.js';
import type { Claimed, Deliveries, Retry } from './deliveries.js';
import type { Ending } from './ending.js';
import type { WebhookMeter } from './meter.js';
import type { Post } from './post.js';
import { send } from './send.js';
import { type Verdict, verdictOf } from './verdict.js';
import type { AttemptFailure } from './webhook.js';
import type { Item, Window } from './window.js';
import type { Writer } from './writer.js';

export interface AttemptSettings {
  /** Of a message, before it is dead. */
  readonly attempts: number;
  readonly backoff: Backoff;
  /** Requests to one receiver at once. */
  readonly concurrency: number;
}

export interface AttemptsParts {
  readonly claimed: Claimed;
  readonly deliveries: Pick<Deliveries, 'settle' | 'postpone' | 'disable'>;
  readonly window: Window;
  readonly writer: Writer;
  readonly ending: Ending;
  readonly post: Post;
  readonly settings: AttemptSettings;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly meter: WebhookMeter;
  readonly log: Log;
  /** Something ended, so that something else may begin. */
  done(): void;
}

export class Attempts {
  readonly #parts: AttemptsParts;
  readonly #underWay = new Set<Promise<void>>();
  /** The receiver wants to hear nothing before. */
  #pausedUntil = 0;
  #failing = false;

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /** Begins as many as may be under way at once. */
  start(): void {
    const { window, settings, clock, ending } = this.#parts;
    const now = clock.now();
    if (now < this.#pausedUntil) return;
    for (const item of window.due(now)) {
      if (this.#underWay.size >= settings.concurrency || ending.soon.aborted) return;
      this.#begin(item);
    }
  }

  /** When there will be something to begin, if nothing else happens. */
  nextAt(now: number): number {
    return now < this.#pausedUntil ? this.#pausedUntil : this.#parts.window.nextDueAt(now);
  }

  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #begin(item: Item): void {
    const { ending, log, claimed, done } = this.#parts;
    item.sending = true;
    const attempt = this.#attempt(item)
      .catch((error: unknown) => {
        log.error(
          { webhookId: claimed.lease.webhookId, error: String(error) },
          'a delivery met an unforeseen error',
        );
        ending.begin('failed');
      })
      .finally(() => {
        item.sending = false;
        this.#underWay.delete(attempt);
        done();
      });
    this.#underWay.add(attempt);
  }

  async #attempt(item: Item): Promise<void> {
    const { claimed, post, clock, ending, meter } = this.#parts;
    const { webhookId } = claimed.lease;
    const at = clock.now();
    const startedAt = clock.monotonic();
    const receiver = { webhookId, url: claimed.url, secret: claimed.secret };
    const answer = await send(post, receiver, item.retry.message, { at, signal: ending.silent });
    const verdict = verdictOf(answer, clock.now());
    if (verdict.kind === 'stopped') return;
    meter.attempted(webhookId, verdict.kind, clock.monotonic() - startedAt);
    this.#tellOfChange(verdict);
    await this.#conclude(item, verdict, at);
  }

  #conclude(item: Item, verdict: Exclude<Verdict, { kind: 'stopped' }>, at: number): Promise<void> {
    const { deliveries, claimed, writer, ending } = this.#parts;
    switch (verdict.kind) {
      case 'delivered':
        return this.#settle(item);
      case 'gone':
        ending.begin('disabled');
        return writer
          .write(() => deliveries.disable(claimed.lease, 'the receiver answered 410 Gone', verdict.failure))
          .then(() => undefined);
      case 'failed':
        return this.#failed(item, verdict.failure, verdict.pauseMs ?? 0, at);
      default:
        return assertNever(verdict);
    }
  }

  async #failed(item: Item, failure: AttemptFailure, pauseMs: number, at: number): Promise<void> {
    const { deliveries, claimed, window, writer, settings, clock, random, meter, log } = this.#parts;
    const { webhookId } = claimed.lease;
    const { firstAttemptAt = at } = item.retry;
    const attempts = item.retry.attempts + 1;
    const tried: Retry = { ...item.retry, attempts, firstAttemptAt, lastFailure: failure };
    // A receiver may ask for patience, but not for more than the longest wait.
    const pause = Math.min(pauseMs, settings.backoff.maxMs);
    if (pause > 0) this.#pausedUntil = Math.max(this.#pausedUntil, clock.now() + pause);
    if (attempts >= settings.attempts) {
      log.warn(
        { webhookId, message: item.retry.key, attempts, ...shown(failure) },
        'a webhook’s message is dead',
      );
      meter.died(webhookId);
      return this.#settle(item, { retry: tried, failure });
    }
    const wait = Math.max(pause, backoffMs(attempts, settings.backoff, random));
    const retry = { ...tried, notBefore: clock.now() + wait };
    await writer.write(() => {
      item.retry = retry;
      const behind = window.heldUp().filter(({ lane }) => lane === item.lane);
      const items = [...new Set([item, ...behind])];
      window.park(items);
      return deliveries.postpone(
        claimed.lease,
        items.map((each) => each.retry),
        window.mark(),
        failure,
      );
    });
  }

  async #settle(
    item: Item,
    dead?: { readonly retry: Retry; readonly failure: AttemptFailure },
  ): Promise<void> {
    const { deliveries, claimed, window, writer } = this.#parts;
    const settled = { key: item.retry.key, ...(dead === undefined ? {} : { dead }) };
    const stored = await writer.write(() => {
      window.settle(item);
      return deliveries.settle(claimed.lease, [settled], window.mark());
    });
    if (stored) window.leave(item);
  }

  /** Once per outage, not once per message. */
  #tellOfChange(verdict: Exclude<Verdict, { kind: 'stopped' }>): void {
    const { log, claimed } = this.#parts;
    const { webhookId } = claimed.lease;
    if (verdict.kind === 'delivered') {
      if (this.#failing) log.info({ webhookId }, 'a webhook is delivered again');
      this.#failing = false;
      return;
    }
    if (!this.#failing) {
      log.warn({ webhookId, ...shown(verdict.failure) }, 'a webhook cannot be delivered; trying again');
    }
    this.#failing = true;
  }
}

/** For the log: what a receiver says is not for everybody who reads it. */
const shown = ({ status, problem, detail }: AttemptFailure): object =>
  status === undefined ? { problem, detail } : { status };
