/** What this process delivers of webhooks, as metrics. No label names a webhook: there may be any number of them in time. */
import type { WebhookMeter } from '../webhooks/meter.js';
import type { Instruments } from './instruments.js';

export interface WebhookMetrics {
  readonly meter: WebhookMeter;
  /** Sets what depends on the moment. */
  show(): void;
}

/** `now`: milliseconds since 1970. */
export function webhookMetrics(instruments: Instruments, now: () => number): WebhookMetrics {
  const oldest = new Map<string, number>();
  // A counter that appears with its first event hides that event from `increase()`.
  for (const outcome of ['delivered', 'failed', 'gone']) {
    instruments.add('nodeyard_webhook_attempts_total', { outcome }, 0);
  }
  return {
    meter: {
      attempted(_webhookId, outcome, ms) {
        instruments.add('nodeyard_webhook_attempts_total', { outcome });
        instruments.observe('nodeyard_webhook_attempt_duration_seconds', ms / 1_000);
      },
      died: () => instruments.add('nodeyard_webhook_dead_total'),
      missed: () => instruments.add('nodeyard_webhook_gaps_total'),
      oldest(webhookId, at) {
        if (at === undefined) oldest.delete(webhookId);
        else oldest.set(webhookId, at);
      },
    },
    show() {
      const ages = [...oldest.values()].map((at) => (now() - at) / 1_000);
      instruments.set('nodeyard_webhook_oldest_undelivered_age_seconds', Math.max(0, ...ages));
    },
  };
}
