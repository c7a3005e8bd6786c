/** Tells those who listen that Redis is away, and that it is back: one look for all of them. */
import type { RedisGate } from '../redis-gate.js';

const EVERY_MS = 500;

export interface Outages {
  /** Hears at once when it is away now. Answers the function that ends it. */
  watch(hear: (trouble: string | undefined) => void): () => void;
}

export function watchOutages(gate: Pick<RedisGate, 'trouble'>): Outages {
  const listeners = new Set<(trouble: string | undefined) => void>();
  let timer: NodeJS.Timeout | undefined;
  let known: string | undefined;
  const look = (): void => {
    const { trouble } = gate;
    if ((trouble === undefined) === (known === undefined)) return;
    known = trouble;
    for (const hear of [...listeners]) hear(trouble);
  };
  return {
    watch(hear) {
      if (timer === undefined) {
        known = gate.trouble;
        timer = setInterval(look, EVERY_MS);
      }
      listeners.add(hear);
      if (known !== undefined) hear(known);
      return () => {
        listeners.delete(hear);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
