/** How a session ends, step by step, and who hears of it. */
import { setMaxListeners } from 'node:events';

/** `lost`: somebody else delivers now, or may. */
export type SessionEnd = 'stopped' | 'disabled' | 'lost' | 'failed';

export class Ending {
  readonly #soon = new AbortController();
  readonly #silent = new AbortController();
  readonly #over = new AbortController();
  #why: SessionEnd | undefined;

  constructor() {
    // Every request under way listens.
    for (const signal of [this.soon, this.silent, this.over]) setMaxListeners(0, signal);
  }

  get why(): SessionEnd | undefined {
    return this.#why;
  }

  /** From here on nothing new begins. */
  get soon(): AbortSignal {
    return this.#soon.signal;
  }

  /** From here on nothing is sent. */
  get silent(): AbortSignal {
    return this.#silent.signal;
  }

  /** From here on nothing is waited for, Redis included. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** The first reason counts, but for one that leaves no time. */
  begin(why: SessionEnd): void {
    if (why === 'lost' || this.#why === undefined) this.#why = why;
    this.#soon.abort();
    if (why !== 'lost') return;
    this.silence();
    this.end();
  }

  silence(): void {
    this.#silent.abort();
  }

  end(): void {
    this.#over.abort();
  }
}

/** The answer, or undefined as soon as nobody waits for it any more: what asks an absent Redis may never be answered. */
export function unless<T>(signal: AbortSignal, answer: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
