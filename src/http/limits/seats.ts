/** How many may listen at once: each listener costs memory for as long as it stays. */
import { HttpError } from '../errors.js';

export interface Seats {
  readonly taken: number;
  readonly most: number;
  /** Answers how to give it back. Throws TOO_MANY_LISTENERS. */
  take(): () => void;
}

/** Seconds. Listeners stay for long. */
const RETRY_AFTER = '10';

export function createSeats(most: number): Seats {
  const sitting = new Set<symbol>();
  return {
    most,
    get taken() {
      return sitting.size;
    },
    take() {
      if (sitting.size >= most) {
        throw new HttpError('TOO_MANY_LISTENERS', `${most} are listening already`, {
          headers: { 'retry-after': RETRY_AFTER },
        });
      }
      const seat = Symbol('seat');
      sitting.add(seat);
      return () => void sitting.delete(seat);
    },
  };
}
