/** A reason that a person gives may be of any length: Redis keeps the beginning of a long one, and an API refuses it. */

const LONGEST_REASON = 500;

export const bounded = (reason: string): string => reason.slice(0, LONGEST_REASON);
