/** Time as the operations wait for it: a constructor argument, so that a test decides when it passes. */
import { realWait, type Wait } from '../state/wait.js';

export interface Timers {
  /** Calls `act` again and again; answers what ends that. */
  every(ms: number, act: () => void): () => void;
  /** Calls `act` once; answers what keeps it from being called. */
  after(ms: number, act: () => void): () => void;
  readonly wait: Wait;
}

export const realTimers: Timers = {
  every(ms, act) {
    const timer = setInterval(act, ms);
    return () => clearInterval(timer);
  },
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  wait: realWait,
};
