/** Durations as people read them, in tables and in reasons. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `45s`, `12m`, `3h`, `2d`: the largest unit that fits, rounded down; `0s` for less than a second. */
export function age(ms: number): string {
  const [unit, size] = UNITS.find(([, factor]) => ms >= factor) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ms / size))}${unit}`;
}
