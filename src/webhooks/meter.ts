/** What the delivery tells whoever measures it, as it happens in this process. Totals of all processes are in `Webhook.delivery`. */
export interface WebhookMeter {
  /** One attempt; `ms` from its begin to the answer. */
  attempted(webhookId: string, outcome: 'delivered' | 'failed' | 'gone', ms: number): void;
  /** A message was given up. */
  died(webhookId: string): void;
  /** Events were trimmed from the stream before they were delivered. */
  missed(webhookId: string): void;
  /** Time of the oldest event that waits, in milliseconds since 1970; undefined when none does, or it is not delivered here any more. */
  oldest(webhookId: string, at: number | undefined): void;
}

export const silentMeter: WebhookMeter = {
  attempted: () => {},
  died: () => {},
  missed: () => {},
  oldest: () => {},
};
