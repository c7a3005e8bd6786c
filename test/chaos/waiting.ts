/** Waits that end early when a signal says so. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Never rejects: false when the signal cut it short. */
export async function wait(ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return false;
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
    return true;
  } catch {
    return false;
  }
}

/** Tries until it works, for as long as the signal allows. What `forgive` does not forgive is thrown. */
export async function insist<T>(
  attempt: () => Promise<T>,
  { signal, forgive, pauseMs = 300 }: Insistence,
): Promise<T | undefined> {
  for (;;) {
    if (signal.aborted) return undefined;
    try {
      return await attempt();
    } catch (error) {
      if (!forgive(error)) throw error;
    }
    await wait(pauseMs, signal);
  }
}

export interface Insistence {
  readonly signal: AbortSignal;
  readonly forgive: (error: unknown) => boolean;
  readonly pauseMs?: number;
}
