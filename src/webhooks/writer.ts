/** The fenced writes of a session, one after another, so that what a later one says is never overwritten by an earlier one. */
import { NodeyardError } from '../errors.js';
import type { Clock } from './clock.js';
import type { Fenced } from './deliveries.js';
import { type Ending, unless } from './ending.js';

/** After Redis did not answer. */
const PAUSE_MS = 500;

export class Writer {
  readonly #clock: Clock;
  readonly #ending: Ending;
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock, ending: Ending) {
    this.#clock = clock;
    this.#ending = ending;
  }

  /** Whether it is stored. Asks again while Redis is away; the session is over when the lease is another’s. */
  write(step: () => Promise<Fenced>): Promise<boolean> {
    const turn = this.#last.then(() => this.#persist(step));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #persist(step: () => Promise<Fenced>): Promise<boolean> {
    while (!this.#ending.over.aborted) {
      try {
        const answer = await unless(this.#ending.over, step());
        if (answer === 'lost') this.#ending.begin('lost');
        return answer === 'done';
      } catch (error) {
        if (!isAway(error)) throw error;
        await this.#clock.wait(PAUSE_MS, this.#ending.over);
      }
    }
    return false;
  }
}

export const isAway = (error: unknown): boolean =>
  error instanceof NodeyardError && error.code === 'REDIS_UNAVAILABLE';
