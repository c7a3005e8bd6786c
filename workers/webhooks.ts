/** The part of a process in the delivery of webhooks: every worker and every API server may take some of them. */
import type { App } from '../src/app.js';
import { parseStateKey } from '../src/crypto.js';
import type { WebhookMeter } from '../src/webhooks/meter.js';
import { startDelivering } from '../src/webhooks/open.js';

export interface DeliveringWebhooks {
  /** Gives every webhook back, so that another process goes on at once. */
  stop(): Promise<void>;
}

/** The app has to be patient: what was delivered is to be stored, also when Redis is away for a while. */
export function deliverWebhooks(
  { config, redis, store, tail, log }: Pick<App, 'config' | 'redis' | 'store' | 'tail' | 'log'>,
  meter?: WebhookMeter,
): DeliveringWebhooks {
  if (!config.webhooks.deliver) return { stop: async () => {} };
  const delivering = startDelivering({
    redis,
    keys: config.stateKeys.map(parseStateKey),
    settings: config.webhooks,
    source: store,
    log,
    ...(meter === undefined ? {} : { meter }),
  });
  const unwatch = tail.subscribe(() => delivering.wake());
  return {
    async stop() {
      unwatch();
      await delivering.stop();
    },
  };
}
