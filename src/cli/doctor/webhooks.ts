/** Webhooks that somebody should look at. */
import type { App } from '../../app.js';
import type { Webhook } from '../../webhooks/webhook.js';
import { type CheckResult, ok, warn } from './check.js';

/** A delivery that has failed for longer is no hiccup. */
const FAILING_AFTER_MS = 10 * 60_000;

export async function checkWebhooks(
  { webhooks }: Pick<App, 'webhooks'>,
  now: () => number,
): Promise<CheckResult> {
  const found = await webhooks.list();
  if (found.length === 0) return ok('webhooks', 'none');
  const troubles = found.flatMap((webhook) => {
    const words = troubleOf(webhook, now());
    return words === undefined ? [] : [`${webhook.id} ${words}`];
  });
  if (troubles.length === 0) return ok('webhooks', `${found.length} delivered`);
  return warn('webhooks', troubles.join('\n'), '`nodeyard webhook show ID` tells more.');
}

function troubleOf({ enabled, disabledReason, delivery }: Webhook, now: number): string | undefined {
  const { deadLetters, oldestUndeliveredAt = now, deliveredBy } = delivery;
  if (!enabled) return `is disabled: ${disabledReason ?? 'nobody has said why'}`;
  if (deadLetters > 0) return `has ${deadLetters} dead letter${deadLetters === 1 ? '' : 's'}`;
  if (deliveredBy === undefined) return 'is delivered by nobody: no worker and no API server runs that may';
  return now - oldestUndeliveredAt < FAILING_AFTER_MS ? undefined : 'fails';
}
