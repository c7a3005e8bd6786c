/** When a message that failed is tried again. */

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Twice as long with each attempt, up to the longest; between half and all of it, so that many do not come at once. */
export function backoffMs(attempts: number, { firstMs, maxMs }: Backoff, random: () => number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempts - 1, 52));
  return Math.ceil(full / 2 + (full / 2) * random());
}

const DAY_NAME = /^[A-Za-z]{3,9},? /;

/** What a `Retry-After` asks for: seconds or a date. Undefined when it asks for nothing that can be understood. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000;
  const at = DAY_NAME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
