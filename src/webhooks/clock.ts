/** Time as a constructor argument, so that tests decide when it passes. */
import { setTimeout } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds, never going back. */
  monotonic(): number;
  /** Resolves after so many milliseconds, or at once when the signal says so. Never rejects. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  wait: async (ms, signal) => {
    try {
      await setTimeout(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
