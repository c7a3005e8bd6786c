/**
 * The port for the process that delivers: one at a time for each webhook, by a lease with an epoch. Every write carries the
 * epoch; with a stale one it changes nothing and answers `lost`. Only REDIS_UNAVAILABLE and RECORD_UNREADABLE throw.
 */
import type { AttemptFailure, WebhookFilter } from './webhook.js';

/** What is sent, ready to be signed: a retry sends the very same bytes. */
export interface Message {
  /** Unique within its webhook: the event’s position, or `gap-<position>`. */
  readonly key: string;
  /** Messages of one lane are delivered one after another: the node’s id. */
  readonly lane: string;
  /** When it happened. */
  readonly at: number;
  /** JSON of the payload. */
  readonly body: string;
}

/** A message with what became of it so far. Stored when it has failed, waits behind one that has, or was given back. */
export interface Retry {
  /** Under which it is kept: the message’s key, or `again-<key>` for what was given back. */
  readonly key: string;
  readonly message: Message;
  readonly attempts: number;
  /** Absent before the first. */
  readonly firstAttemptAt?: number;
  /** Not to be tried before. */
  readonly notBefore: number;
  readonly lastFailure?: AttemptFailure;
}

export interface DeliveryLease {
  readonly webhookId: string;
  readonly epoch: number;
  readonly holder: string;
}

/** How far the webhook’s part of the stream is dealt with. */
export interface Mark {
  /** Everything up to here was delivered, did not match, is dead, or is kept among the retries. */
  readonly cursor: string;
  /** Keys of messages after the cursor of which the same is true. */
  readonly beyond: readonly string[];
  /** Time of the oldest event that waits. */
  readonly oldestAt?: number;
}

export interface Claimed {
  readonly lease: DeliveryLease;
  /** Grows whenever somebody changes the webhook or gives letters back. */
  readonly revision: number;
  readonly url: string;
  readonly filter: WebhookFilter;
  readonly secret: string;
  readonly mark: Mark;
  /** The first event after the last gap that was found, where there was one. */
  readonly gapUntil?: string;
  readonly retries: readonly Retry[];
}

export interface Settled {
  /** Of the retry that ends, where there was one. */
  readonly key: string;
  /** Absent when it was delivered. */
  readonly dead?: { readonly retry: Retry; readonly failure: AttemptFailure };
}

export interface Gap {
  readonly after: string;
  readonly until: string;
  /** For the receiver. */
  readonly message: Message;
}

export type Fenced = 'done' | 'lost';

export interface Deliveries {
  /** Enabled webhooks that nobody delivers. */
  free(): Promise<readonly string[]>;
  /** Undefined when somebody else has it, or it is not to be delivered any more. */
  claim(
    webhookId: string,
    lease: { readonly holder: string; readonly ttlMs: number },
  ): Promise<Claimed | undefined>;
  renew(
    lease: DeliveryLease,
    ttlMs: number,
    mark: Mark,
  ): Promise<'lost' | { readonly enabled: boolean; readonly revision: number }>;
  release(lease: DeliveryLease): Promise<void>;
  /** Messages that need no further attempt, and how far that brings the webhook. */
  settle(lease: DeliveryLease, settled: readonly Settled[], mark: Mark): Promise<Fenced>;
  /** Messages that are kept to be tried again: one that failed just now, those that wait behind one, or both. */
  postpone(
    lease: DeliveryLease,
    retries: readonly Retry[],
    mark: Mark,
    failure?: AttemptFailure,
  ): Promise<Fenced>;
  /** Events were trimmed before they were delivered: goes on after the gap, keeps a letter and a message that say so. */
  skipGap(lease: DeliveryLease, gap: Gap): Promise<Fenced>;
  /** The receiver is not interested any more. */
  disable(lease: DeliveryLease, reason: string, failure: AttemptFailure): Promise<Fenced>;
  /** What waits for another attempt now: what was given back since the claim is among it. */
  retries(webhookId: string): Promise<readonly Retry[]>;
}
