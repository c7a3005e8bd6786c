/** Positions in the event stream, `<milliseconds>-<sequence>`, as Redis orders them. */

/** Of a stream without events. */
export const BEGINNING = '0';

/** Negative when `a` comes before `b`. */
export function comparePositions(a: string, b: string): number {
  const [aTime = '0', aSequence = '0'] = a.split('-');
  const [bTime = '0', bSequence = '0'] = b.split('-');
  return Number(aTime) - Number(bTime) || Number(BigInt(aSequence) - BigInt(bSequence));
}

/**
 * A position between this one and every earlier event, to read the event itself once more: as long as it is there, nothing
 * after it can have been trimmed, because a stream is trimmed from its beginning.
 */
export function justBefore(position: string): string {
  const [time = '0', sequence = '0'] = position.split('-');
  if (sequence !== '0') return `${time}-${BigInt(sequence) - 1n}`;
  return `${Number(time) - 1}-${'9'.repeat(18)}`;
}

/** Keys of messages are positions where they are of events. */
export const isPosition = (key: string): boolean => /^\d+-\d+$/.test(key);
