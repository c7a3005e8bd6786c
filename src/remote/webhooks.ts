/** Webhooks over the API; for admins. */
import type { z } from 'zod';
import type * as schemas from '../http/schemas/webhooks.js';
import type { WebhookRequest } from '../webhooks/webhook.js';
import type { Reason } from './nodes.js';
import { type CallOptions, path, type Transport } from './transport.js';

export type Webhook = z.output<typeof schemas.oneWebhookSchema>['webhook'];
export type CreatedWebhook = z.output<typeof schemas.createdWebhookSchema>;
export type DeadLetterPage = z.output<typeof schemas.deadLetterPageSchema>;
export type Trial = z.output<typeof schemas.trialSchema>;

export interface Webhooks {
  list(options?: CallOptions): Promise<{ readonly webhooks: readonly Webhook[] }>;
  /** Answers the secret that signs, which is shown this once. Throws INVALID_INPUT. */
  add(request: WebhookRequest, options?: CallOptions): Promise<CreatedWebhook>;
  /** Throws UNKNOWN_WEBHOOK, as everything below. */
  get(id: string, options?: CallOptions): Promise<{ readonly webhook: Webhook }>;
  remove(id: string, options?: CallOptions): Promise<{ readonly removed: string }>;
  enable(id: string, options?: CallOptions): Promise<{ readonly webhook: Webhook }>;
  disable(id: string, why?: Reason, options?: CallOptions): Promise<{ readonly webhook: Webhook }>;
  /** Sends a test message from the server, once. */
  test(id: string, options?: CallOptions): Promise<Trial>;
  /** Newest first. */
  deadLetters(
    id: string,
    query?: { readonly limit?: number; readonly cursor?: string },
    options?: CallOptions,
  ): Promise<DeadLetterPage>;
  redeliver(
    id: string,
    letters: readonly string[] | 'all',
    options?: CallOptions,
  ): Promise<{ readonly redelivered: number }>;
}

export function webhooksOf(transport: Transport): Webhooks {
  return {
    list: (options) => transport.ask({ method: 'GET', path: '/v1/webhooks' }, options),
    add: (body, options) => transport.ask({ method: 'POST', path: '/v1/webhooks', body }, options),
    get: (id, options) => transport.ask({ method: 'GET', path: path`/v1/webhooks/${id}` }, options),
    remove: (id, options) => transport.ask({ method: 'DELETE', path: path`/v1/webhooks/${id}` }, options),
    enable: (id, options) =>
      transport.ask({ method: 'POST', path: path`/v1/webhooks/${id}/enable`, repeatable: true }, options),
    disable: (id, why = {}, options) =>
      transport.ask(
        { method: 'POST', path: path`/v1/webhooks/${id}/disable`, body: why, repeatable: true },
        options,
      ),
    test: (id, options) => transport.ask({ method: 'POST', path: path`/v1/webhooks/${id}/test` }, options),
    deadLetters: (id, query = {}, options) =>
      transport.ask(
        { method: 'GET', path: path`/v1/webhooks/${id}/dead-letters`, query: { ...query } },
        options,
      ),
    redeliver: (id, letters, options) =>
      transport.ask({ method: 'POST', path: path`/v1/webhooks/${id}/redeliver`, body: { letters } }, options),
  };
}
