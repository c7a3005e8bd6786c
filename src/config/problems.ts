/** What is wrong with a configuration, in words that say where and how to mend it. */
import { NodeyardError } from '../errors.js';

export interface Problem {
  /** The setting as the user wrote it: a variable’s name, or a file and a key. */
  readonly name: string;
  /** Absent for secrets, and where nothing was written. */
  readonly value?: unknown;
  /** Goes on after the name: `must be …`, `is unknown: …`. */
  readonly message: string;
}

const LONGEST_VALUE = 80;

export function configError(problems: readonly Problem[]): NodeyardError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `  ${line(problem)}`);
  const only = problems.length === 1 ? problems[0] : undefined;
  return new NodeyardError(
    'CONFIG_INVALID',
    [`The configuration has ${count}:`, ...lines].join('\n'),
    only === undefined ? {} : { field: only.name },
  );
}

function line({ name, value, message }: Problem): string {
  if (value === undefined) return `${name} ${message}`;
  const written = JSON.stringify(value) ?? String(value);
  const shown = written.length > LONGEST_VALUE ? `${written.slice(0, LONGEST_VALUE)}…` : written;
  return `${name} is ${shown}: ${message}`;
}

/** ` (did you mean …?)` for the nearest of the known names, or nothing when none is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const nearest = ranked[0];
  if (nearest === undefined || nearest.distance > Math.max(2, Math.floor(name.length / 3))) return '';
  return ` (did you mean ${nearest.candidate}?)`;
}

/** Levenshtein’s: how many letters have to be added, removed or changed. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const kept = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(kept, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
