/** Time that passes when the test says so. */
import type { Wait } from '../../../src/state/wait.js';

interface Pause {
  readonly ms: number;
  end(): void;
}

export class ManualWait {
  readonly #pauses: Pause[] = [];
  #asked: () => void = () => {};

  readonly wait: Wait = (ms, signal) =>
    new Promise((resolve) => {
      const pause: Pause = {
        ms,
        end: () => {
          this.#pauses.splice(this.#pauses.indexOf(pause), 1);
          resolve();
        },
      };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', () => pause.end(), { once: true });
      this.#pauses.push(pause);
      this.#asked();
    });

  /** Waits until somebody pauses and lets that pause end; answers its length. */
  async pass(): Promise<number> {
    while (this.#pauses.length === 0) {
      await new Promise<void>((resolve) => {
        this.#asked = resolve;
      });
    }
    const [pause] = this.#pauses;
    pause?.end();
    return pause?.ms ?? 0;
  }
}
