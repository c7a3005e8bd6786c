/**
 * Keeps the lease of a session. The deadline is our own: it counts from the moment a renewal was *sent*, on the monotonic
 * clock, so that it is never later than what Redis believes.
 */
import type { Log } from '../log.js';
import type { Clock } from './clock.js';
import type { Claimed, Deliveries, Mark } from './deliveries.js';
import { type Ending, unless } from './ending.js';

/** How soon a session learns that somebody changed its webhook. */
const LONGEST_RENEW_MS = 2_000;
/** So much of a lease’s time is left when it counts as lost: requests under way have to be silent by then. */
const MARGIN = 0.1;

export interface KeepLeaseRequest {
  readonly deliveries: Pick<Deliveries, 'renew'>;
  readonly claimed: Pick<Claimed, 'lease' | 'revision'>;
  readonly ttlMs: number;
  /** When the lease was asked for, on the monotonic clock. */
  readonly askedAt: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly ending: Ending;
  /** Stored with each renewal. */
  mark(): Mark;
  /** Somebody gave letters back. */
  changed(): void;
}

/** Until the session is over. Begins its end when the lease is lost or the webhook disabled. */
export async function keepLease(request: KeepLeaseRequest): Promise<void> {
  const { deliveries, claimed, ttlMs, clock, log, ending } = request;
  const { lease } = claimed;
  const { over } = ending;
  let { revision } = claimed;
  let aliveUntil = request.askedAt + ttlMs * (1 - MARGIN);

  const renew = async (): Promise<void> => {
    const sentAt = clock.monotonic();
    const answer = await unless(over, deliveries.renew(lease, ttlMs, request.mark()));
    if (answer === undefined) return;
    if (answer === 'lost') return ending.begin('lost');
    aliveUntil = sentAt + ttlMs * (1 - MARGIN);
    if (!answer.enabled) ending.begin('disabled');
    if (answer.revision !== revision) request.changed();
    revision = answer.revision;
  };
  const renewing = async (): Promise<void> => {
    while (!over.aborted) {
      await clock.wait(Math.min(ttlMs / 3, LONGEST_RENEW_MS), over);
      if (over.aborted) return;
      await renew().catch((error: unknown) =>
        log.debug(
          { webhookId: lease.webhookId, error: String(error) },
          'webhook’s lease not renewed; trying again',
        ),
      );
    }
  };
  // A renewal that hangs on a dead connection must not hide that time runs out.
  const watching = async (): Promise<void> => {
    while (!over.aborted) {
      const left = aliveUntil - clock.monotonic();
      if (left <= 0) return ending.begin('lost');
      await clock.wait(left, over);
    }
  };
  await Promise.all([renewing(), watching()]);
}
