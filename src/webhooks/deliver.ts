/**
 * Delivers webhooks, every one by one process at a time: this process takes those that nobody delivers, and goes on with
 * each until it is stopped. A process that dies is followed by another one as soon as its leases have ended.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Session, type SessionParts } from './session.js';
import { isAway } from './writer.js';

export interface Delivering {
  /** Something new is in the stream. */
  wake(): void;
  /** Lets requests under way end, for a moment, and gives every webhook back. */
  stop(): Promise<void>;
}

/** How often webhooks are looked for that nobody delivers. */
const LOOK_MS = 2_000;
/** For a look that is under way when the delivery is stopped. */
const PATIENCE_MS = 1_000;
/** After one could not be begun, or ended for a reason that will not be another the next moment. */
const SHY_MS = 30_000;

export function deliverWebhooks(parts: SessionParts): Delivering {
  const { deliveries, clock, log, settings } = parts;
  const holder = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const sessions = new Map<string, Session>();
  const running = new Set<Promise<void>>();
  const shyUntil = new Map<string, number>();
  const stopping = new AbortController();

  const begin = async (webhookId: string): Promise<void> => {
    const askedAt = clock.monotonic();
    const claimed = await deliveries.claim(webhookId, { holder, ttlMs: settings.leaseMs });
    if (claimed === undefined) return;
    if (stopping.signal.aborted) return deliveries.release(claimed.lease);
    const session = new Session(parts, claimed, askedAt);
    sessions.set(webhookId, session);
    log.debug({ webhookId, epoch: claimed.lease.epoch }, 'a webhook is delivered here');
    const run = session.run().then((end) => {
      sessions.delete(webhookId);
      running.delete(run);
      if (end === 'failed') shyUntil.set(webhookId, clock.monotonic() + SHY_MS);
      log[end === 'stopped' ? 'debug' : 'info'](
        { webhookId, end },
        'a webhook is not delivered here any more',
      );
    });
    running.add(run);
  };

  const look = async (): Promise<void> => {
    for (const webhookId of await deliveries.free()) {
      if (stopping.signal.aborted) return;
      if (sessions.has(webhookId) || (shyUntil.get(webhookId) ?? 0) > clock.monotonic()) continue;
      try {
        await begin(webhookId);
      } catch (error) {
        if (isAway(error)) throw error;
        shyUntil.set(webhookId, clock.monotonic() + SHY_MS);
        log.error({ webhookId, error: String(error) }, 'a webhook cannot be delivered');
      }
    }
  };

  const looking = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => log.debug({ error: String(error) }, 'webhooks not looked for'));
      await clock.wait(LOOK_MS, stopping.signal);
    }
  };
  const looked = looking();

  return {
    wake: () => {
      for (const session of sessions.values()) session.wake();
    },
    async stop() {
      stopping.abort();
      for (const session of sessions.values()) session.stop();
      await Promise.all(running);
      // A look that waits for an absent Redis waits in vain.
      const patience = new AbortController();
      await Promise.race([looked, clock.wait(PATIENCE_MS, patience.signal)]);
      patience.abort();
    },
  };
}
