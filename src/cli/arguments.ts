/** Values of options, read and refused with the option named. */
import type { NodeState } from '../node/lifecycle.js';
import { NODE_STATES, parseState } from '../node/lifecycle.js';
import { usageError } from './failure.js';

/** Gathers an option that may be given again and again. */
export const gather = (value: string, earlier: readonly string[] = []): readonly string[] => [
  ...earlier,
  value,
];

export function readCount(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const count = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= min && count <= max) return count;
  throw usageError(
    `${option} is ${JSON.stringify(text)}: must be a whole number from ${min} to ${max}`,
    option,
  );
}

/** `90s`, `10m`, `2h` … in milliseconds; at least one. */
export async function readDuration(option: string, text: string): Promise<number> {
  const { LONGEST_TIMER, parseDuration } = await import('../config/units.js');
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1) return ms;
  throw usageError(
    `${option} is ${JSON.stringify(text)}: must be a duration like 90s, 10m or 2h (a timeout at most ${LONGEST_TIMER})`,
    option,
  );
}

/** A timeout, bounded by what a timer takes; undefined when the option was not given. */
export async function readTimeout(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { LONGEST_TIMER, parseDuration } = await import('../config/units.js');
  const ms = await readDuration('--timeout', text);
  const longest = parseDuration(LONGEST_TIMER) ?? 0;
  if (ms <= longest) return ms;
  throw usageError(`--timeout is ${JSON.stringify(text)}: must be at most ${LONGEST_TIMER}`, '--timeout');
}

/** `FAILED,creating` in either vocabulary; undefined when the option was not given. */
export function readStates(texts: readonly string[] | undefined): readonly NodeState[] | undefined {
  if (texts === undefined) return undefined;
  return texts
    .flatMap((text) => text.split(','))
    .map((word) => {
      const state = parseState(word);
      if (state !== undefined) return state;
      const known = NODE_STATES.join(', ');
      throw usageError(`--state is ${JSON.stringify(word)}: must be one of ${known}`, '--state');
    });
}

/** `key=value` pairs; the value may hold further equals signs. A key twice is an error: one of them would get lost. */
export function readPairs(option: string, texts: readonly string[] = []): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1) throw usageError(`${option} is ${JSON.stringify(text)}: must be key=value`, option);
    const key = text.slice(0, equals);
    if (pairs.has(key)) throw usageError(`${option} gives ${JSON.stringify(key)} twice: keep one`, option);
    pairs.set(key, text.slice(equals + 1));
  }
  return pairs;
}
