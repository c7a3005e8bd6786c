/** Figures of a few rounds, told by their median and their extremes: with so few of them a deviation would say less. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws RangeError when there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new RangeError('there is no spread of no values');
  const upper = sorted[sorted.length >> 1] ?? max;
  const lower = sorted[(sorted.length - 1) >> 1] ?? min;
  return { median: (lower + upper) / 2, min, max };
}

/**
 * What the rounds of two sides say about each other, round by round: noise that hits a round hits both of its sides and
 * cancels out. Throws RangeError when the sides have not run the same number of rounds.
 */
export function byRound(
  ours: readonly number[],
  theirs: readonly number[],
  compare: (ours: number, theirs: number) => number,
): Spread {
  if (ours.length !== theirs.length) throw new RangeError('the sides have not run the same rounds');
  return spreadOf(ours.map((value, round) => compare(value, theirs[round] ?? Number.NaN)));
}

export const ratioOf = (ours: readonly number[], theirs: readonly number[]): Spread =>
  byRound(ours, theirs, (our, their) => our / their);

export const differenceOf = (ours: readonly number[], theirs: readonly number[]): Spread =>
  byRound(ours, theirs, (our, their) => our - their);

/** `12.3 (11.9–14.0)`. */
export function formatSpread({ median, min, max }: Spread, digits = 0): string {
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median)} (${text(min)}–${text(max)})`;
}

/** The value that so many percent of all are not above. Throws RangeError when there are no values. */
export function percentileOf(values: readonly number[], percent: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('there is no percentile of no values');
  return value;
}
