/**
 * The port for people and programs that manage webhooks. Everything throws REDIS_UNAVAILABLE while Redis is away, and
 * UNKNOWN_WEBHOOK for an id that names none.
 */
import type { Answer } from './answer.js';
import type { DeadLetter, Webhook, WebhookRequest } from './webhook.js';

export interface CreatedWebhook {
  readonly webhook: Webhook;
  /** `whsec_…`; nothing can tell it again. */
  readonly secret: string;
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** Give it back for the next, older page; absent on the last one. */
  readonly cursor?: string;
}

export interface Trial {
  readonly delivered: boolean;
  readonly answer: Answer;
  readonly ms: number;
}

export interface Webhooks {
  /** Delivers what happens from now on. Throws INVALID_INPUT (field named). */
  add(request: WebhookRequest, by: { readonly createdBy: string }): Promise<CreatedWebhook>;
  /** In the order of their making. */
  list(): Promise<readonly Webhook[]>;
  get(id: string): Promise<Webhook>;
  /** With its dead letters; what is under way ends. */
  remove(id: string): Promise<void>;
  /** Goes on where it stood. */
  enable(id: string): Promise<Webhook>;
  disable(id: string, reason: string): Promise<Webhook>;
  /** Newest first. `limit` 1–1000, default 100. Throws INVALID_INPUT. */
  deadLetters(
    id: string,
    page?: { readonly cursor?: string; readonly limit?: number },
  ): Promise<DeadLetterPage>;
  /**
   * Gives dead letters back to the delivery, with attempts anew and under their old message ids: those that are named, or all.
   * Answers how many. Gaps cannot be delivered and are left.
   */
  redeliver(id: string, letters: readonly string[] | 'all'): Promise<number>;
  /** Sends a `webhook.test` from this process, whether the webhook is enabled or not. */
  test(id: string): Promise<Trial>;
}
