/** What the two pictures of a simulation have in common: its states in their order from the ground up, and samples brought to a width. */
import { formatDuration } from '../../config/units.js';
import type { Sample } from './outcome.js';

/** From the ground up. */
export const DRAWN_STATES = ['serving', 'coming', 'draining', 'ending', 'failed'] as const;
export type DrawnState = (typeof DRAWN_STATES)[number];

export const STATE_WORDS: Readonly<Record<DrawnState, string>> = {
  serving: 'in service',
  coming: 'on the way',
  draining: 'draining',
  ending: 'being destroyed',
  failed: 'FAILED',
};

/** As many samples as there are columns at most: of each stretch the one with the most nodes, so that no peak is lost. */
export function narrowed(samples: readonly Sample[], columns: number): readonly Sample[] {
  if (samples.length <= columns) return samples;
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * samples.length) / columns);
    const to = Math.floor(((column + 1) * samples.length) / columns);
    return samples.slice(from, to).reduce((a, b) => (allOf(b) > allOf(a) ? b : a));
  });
}

export const allOf = (sample: Sample): number => DRAWN_STATES.reduce((sum, state) => sum + sample[state], 0);

/** `1h 30m`, `45s`: without the parts that are nothing. */
export function timeText(ms: number): string {
  const [hours, minutes, seconds] = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1_000) % 60].map(Math.floor);
  const parts = [hours && `${hours}h`, minutes && `${minutes}m`, !hours && seconds && `${seconds}s`].filter(
    Boolean,
  );
  return parts.length === 0 ? (ms > 0 && ms < 1_000 ? formatDuration(ms) : '0s') : parts.join(' ');
}

/** 1, 2 or 5 times a power of ten: marks of an axis. */
export function niceStep(most: number, marks: number): number {
  const rough = Math.max(most, 1e-9) / marks;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
}

/** `1.2k`, `3.4M`: short enough for an axis. */
export function shortNumber(value: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const)
    if (value >= size) return `${trimmed(value / size)}${unit}`;
  return trimmed(value);
}

const trimmed = (value: number): string => String(Math.round(value * 10) / 10);
