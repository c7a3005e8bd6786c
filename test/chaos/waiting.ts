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

/** Aborted after so long, or with one of the signals. Its timer keeps no process alive. */
export function deadline(ms: number, ...signals: readonly AbortSignal[]): AbortSignal {
  // Not AbortSignal.timeout within AbortSignal.any: Node 20 may collect it before it fires.
  const controller = new AbortController();
  const end = (): void => controller.abort();
  setTimeout(end, ms).unref();
  for (const signal of signals) {
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  }
  return controller.signal;
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
