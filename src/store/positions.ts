/** Positions of the event stream, `<milliseconds>-<sequence>` as Redis gives them; `0` is before all of them. */

/** Sequences may be longer than a number of JavaScript holds. */
const parts = (position: string): readonly [bigint, bigint] => {
  const [milliseconds = '0', sequence = '0'] = position.split('-');
  return [BigInt(milliseconds), BigInt(sequence)];
};

export function isAfter(position: string, other: string): boolean {
  if (position === other) return false;
  const [[a, b], [c, d]] = [parts(position), parts(other)];
  return a === c ? b > d : a > c;
}

export const later = (position: string, other: string): string =>
  isAfter(position, other) ? position : other;
