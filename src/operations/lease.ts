/**
 * Keeps a lease alive while a run works, and says in time when it cannot.
 *
 * The deadline is our own: it counts from the moment a renewal was *sent*, on the monotonic clock, so that it is never
 * later than what Redis believes, whatever the network or the wall clock does.
 */
import type { Log } from '../log.js';
import type { NodeState } from '../node/lifecycle.js';
import type { LeaseClaim, NodeStore } from '../store/store.js';
import type { Timers } from './timers.js';

export interface LeaseTimes {
  /** How long a lease lives without renewal. */
  readonly ttlMs: number;
  readonly renewMs: number;
  /** So long before the end an unrenewed lease counts as lost: the time that a run has to stop gracefully. */
  readonly stopMarginMs: number;
}

export interface LeaseListener {
  /** The lease is not ours any more, or will not be when the run could have stopped. Called at most once. */
  lost(): void;
  /** The node’s state as each renewal reports it. */
  state(state: NodeState): void;
}

export interface KeepLeaseRequest {
  readonly store: Pick<NodeStore, 'renew'>;
  readonly nodeId: string;
  readonly claim: LeaseClaim;
  readonly times: LeaseTimes;
  readonly listener: LeaseListener;
  readonly log: Log;
  /** Milliseconds, never going back. */
  readonly monotonic: () => number;
  readonly timers: Pick<Timers, 'every'>;
  /** When the lease was asked for, on that clock. */
  readonly takenAt: number;
}

export interface KeptLease {
  /** Renews now instead of waiting for the next turn. */
  renewNow(): Promise<void>;
  stop(): void;
}

export function keepLease(request: KeepLeaseRequest): KeptLease {
  const { store, nodeId, claim, times, listener, log, monotonic, timers } = request;
  let aliveUntil = request.takenAt + times.ttlMs;
  let renewing: Promise<void> | undefined;
  let over = false;

  const lose = (why: string): void => {
    if (over) return;
    over = true;
    log.warn({ nodeId, epoch: claim.epoch, why }, 'lease lost');
    listener.lost();
  };

  const renew = async (): Promise<void> => {
    const sentAt = monotonic();
    try {
      const answer = await store.renew(nodeId, claim, times.ttlMs);
      if (!answer.held) return lose('another run has taken the node');
      aliveUntil = Math.max(aliveUntil, sentAt + times.ttlMs);
      listener.state(answer.state);
    } catch (error) {
      log.warn({ nodeId, epoch: claim.epoch, error: String(error) }, 'lease not renewed; trying again');
    }
  };
  const renewNow = (): Promise<void> => {
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  const endTurns = timers.every(times.renewMs, () => {
    // A renewal that hangs on a dead connection must not hide that time runs out: the deadline is looked at first.
    if (monotonic() >= aliveUntil - times.stopMarginMs) lose('no renewal was confirmed in time');
    void renewNow();
  });

  return {
    renewNow,
    stop: () => {
      over = true;
      endTurns();
    },
  };
}
