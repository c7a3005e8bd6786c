/** Time that passes when the test says so. */
import type { Clock } from '../../../src/webhooks/clock.js';

interface Pause {
  readonly until: number;
  end(): void;
}

export class ManualClock implements Clock {
  #now: number;
  readonly #pauses = new Set<Pause>();

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now = (): number => this.#now;
  monotonic = (): number => this.#now;

  wait = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const pause: Pause = {
        until: this.#now + ms,
        end: () => {
          signal.removeEventListener('abort', pause.end);
          this.#pauses.delete(pause);
          resolve();
        },
      };
      this.#pauses.add(pause);
      signal.addEventListener('abort', pause.end, { once: true });
    });

  /** Ends every pause that is over by then. */
  pass(ms: number): void {
    this.#now += ms;
    for (const pause of [...this.#pauses]) if (pause.until <= this.#now) pause.end();
  }
}
