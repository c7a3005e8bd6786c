/** The work on one quarantined document, from its claim until the claim is given back. */
import type { Log } from '../log.js';
import type { ClaimedEntry, Quarantine, QuarantineClaim, QuarantinePlace } from '../state/quarantine.js';
import type { NodeStore } from '../store/store.js';
import { type KeptLease, keepLease, type LeaseTimes } from './lease.js';
import type { RunSession } from './run-session.js';
import { RunStop, type StopReason } from './run-stop.js';
import type { Timers } from './timers.js';

export interface QuarantineSessionParts {
  readonly store: Pick<NodeStore, 'note'>;
  readonly quarantine: Quarantine;
  readonly settings: { readonly lease: LeaseTimes };
  readonly log: Log;
  /** Milliseconds, never going back. */
  readonly monotonic: () => number;
  readonly timers: Timers;
  /** Of the claim’s holder; never the same twice. */
  readonly newId: () => string;
}

export class QuarantineSession implements RunSession {
  readonly operation = 'destroy';
  readonly nodeId: string;
  readonly epoch: number;
  readonly holder: string;
  readonly claim: QuarantineClaim;
  readonly entry: ClaimedEntry;
  readonly job = undefined;
  readonly stack = undefined;
  readonly log: Log;
  readonly abandon: AbortSignal | undefined;
  readonly #parts: QuarantineSessionParts;
  readonly #stop: RunStop;
  readonly #lease: KeptLease;
  #runs = 0;

  private constructor(
    parts: QuarantineSessionParts,
    entry: ClaimedEntry,
    { takenAt, abandon }: { readonly takenAt: number; readonly abandon: AbortSignal | undefined },
  ) {
    const { nodeId, epoch, holder } = entry.claim;
    this.#parts = parts;
    this.entry = entry;
    this.claim = entry.claim;
    this.nodeId = nodeId;
    this.epoch = epoch;
    this.holder = holder;
    this.abandon = abandon;
    this.log = parts.log.child({ nodeId, epoch, operation: 'quarantine' });
    this.#stop = new RunStop(this.log);
    const { ttlMs } = parts.settings.lease;
    const renew = async () =>
      (await parts.quarantine.renew(entry.claim, ttlMs))
        ? { held: true as const, state: 'DESTROYING' as const, expiresAt: 0 }
        : { held: false as const };
    this.#lease = keepLease({
      store: { renew },
      nodeId,
      claim: entry.claim,
      times: parts.settings.lease,
      log: this.log,
      monotonic: parts.monotonic,
      timers: parts.timers,
      takenAt,
      listener: { lost: () => this.stop('lease-lost'), state: () => undefined },
    });
  }

  /** Claims the entry, or says why that is refused. Throws STATE_UNREADABLE. */
  static async open(
    parts: QuarantineSessionParts,
    place: QuarantinePlace,
    abandon?: AbortSignal,
  ): Promise<QuarantineSession | 'held' | 'unknown'> {
    const takenAt = parts.monotonic();
    const lease = { holder: parts.newId(), leaseMs: parts.settings.lease.ttlMs };
    const entry = await parts.quarantine.claim(place, lease);
    return typeof entry === 'string' ? entry : new QuarantineSession(parts, entry, { takenAt, abandon });
  }

  get stopReason(): StopReason | undefined {
    return this.#stop.reason;
  }

  stop(reason: StopReason): void {
    this.#stop.stop(reason);
  }

  whileRunning<T>(stop: (reason: StopReason) => void, work: Promise<T>): Promise<T> {
    return this.#stop.whileRunning(stop, work);
  }

  /** The order of the writes is that of the claim; the number only tells the runs of a session apart. */
  nextFirstSequence(): number {
    this.#runs += 1;
    return this.#runs * 1_000_000;
  }

  async note(reason: string): Promise<void> {
    await this.#parts.store.note(this.nodeId, { actor: 'reconciler', reason });
  }

  /** Gives the claim back, where the entry is still there; it is due again after `waitMs`. */
  async end(waitMs: number): Promise<void> {
    this.#lease.stop();
    try {
      await this.#parts.quarantine.release(this.claim, waitMs);
    } catch (error) {
      this.log.warn({ error: String(error) }, 'claim not released; it runs out by itself');
    }
  }

  // The record speaks of the node’s own resources and of its own operation, not of these; and these runs make nothing.
  noteUnsure(): void {}
  noteResource(): void {}
  forgetResource(): void {}
  report(): void {}
  logLines(): void {}
}
