/** The ages at which something that lasts for too long is spoken of anew, each time more rarely, and how loudly. */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

export interface Alarm {
  /** Milliseconds: which of the alarms it is. */
  readonly atMs: number;
  readonly level: 'warn' | 'error';
}

/** The last one that an age has reached: after 1, 2, 4, 8 and 16 hours; then as errors after 1, 2, 4, 8 days, and every week more. */
export function lastAlarm(ageMs: number): Alarm | undefined {
  if (ageMs < HOUR_MS) return undefined;
  let atMs = HOUR_MS;
  for (let next = following(atMs); next <= ageMs; next = following(atMs)) atMs = next;
  return { atMs, level: atMs >= DAY_MS ? 'error' : 'warn' };
}

function following(atMs: number): number {
  if (atMs < DAY_MS) return Math.min(2 * atMs, DAY_MS);
  return Math.min(2 * atMs, atMs + WEEK_MS);
}
