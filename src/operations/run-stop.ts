/** Passes a wish to stop on to the Terraform that runs now, or keeps the next one from starting. */
import type { ErrorCode } from '../errors.js';
import type { Log } from '../log.js';

export type StopReason = 'cancelled' | 'shutdown' | 'lease-lost';

export const STOP_CODES: Readonly<Record<StopReason, ErrorCode>> = {
  cancelled: 'CANCELLED',
  shutdown: 'SHUTDOWN',
  'lease-lost': 'LEASE_LOST',
};

export class RunStop {
  readonly #log: Log;
  #reason: StopReason | undefined;
  #running: ((reason: StopReason) => void) | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Why the work has to end, once it has. The first reason stays. */
  get reason(): StopReason | undefined {
    return this.#reason;
  }

  stop(reason: StopReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#log.info({ reason }, 'stopping');
    this.#running?.(reason);
  }

  /** Ties the Terraform that runs now to `stop`, for as long as `work` lasts. */
  async whileRunning<T>(stop: (reason: StopReason) => void, work: Promise<T>): Promise<T> {
    this.#running = stop;
    if (this.#reason !== undefined) stop(this.#reason);
    try {
      return await work;
    } finally {
      this.#running = undefined;
    }
  }
}
