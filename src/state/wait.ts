/** Time as a constructor argument, so that tests decide when it passes. */
import { setTimeout } from 'node:timers/promises';

/** Resolves after so many milliseconds, or at once when the signal says so. Never rejects. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export const realWait: Wait = async (ms, signal) => {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
