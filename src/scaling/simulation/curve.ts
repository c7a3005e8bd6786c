/** A load over time, as somebody has written or measured it: a table with the columns `time`, `load` and, for several roles, `role`. */
import { parseDuration } from '../../config/units.js';
import { NodeyardError } from '../../errors.js';

/** Between two points the load goes in a straight line; two points at one time are a jump. */
export interface Curve {
  /** In the order of their times, which are milliseconds from the beginning. Not empty. */
  readonly points: readonly { readonly at: number; readonly load: number }[];
}

/** By role; `undefined` where the table has no such column. */
export type Curves = ReadonlyMap<string | undefined, Curve>;

const COLUMNS = ['time', 'load', 'role'] as const;
type Column = (typeof COLUMNS)[number];
const LARGEST_LOAD = 1e9;
const MOST_LINES = 100_000;

/** Throws INVALID_INPUT with the line (from 1) and the column. */
export function parseCurves(csv: string): Curves {
  const lines = csv.replace(/^\uFEFF/, '').split(/\r?\n/);
  const rows = lines.flatMap((text, index) =>
    text.trim() === '' || text.trimStart().startsWith('#') ? [] : [{ text, line: index + 1 }],
  );
  const [head, ...rest] = rows;
  if (head === undefined)
    throw wrong(1, 'time', 'is missing: the first line names the columns time, load and role');
  if (rest.length > MOST_LINES) throw wrong(head.line, 'time', `has more than ${MOST_LINES} lines`);
  const columns = columnsOf(cells(head.text), head.line);
  const curves = new Map<string | undefined, { at: number; load: number }[]>();
  for (const { text, line } of rest) {
    const values = cells(text);
    if (values.length !== columns.size)
      throw wrong(
        line,
        'time',
        `has ${values.length} values, and the first line names ${columns.size} columns`,
      );
    const value = (column: Column): string => values[columns.get(column) ?? -1] ?? '';
    const role = columns.has('role') ? value('role') : undefined;
    if (role === '') throw wrong(line, 'role', 'is empty');
    const points = curves.get(role) ?? [];
    const at = timeOf(value('time'), line);
    const last = points.at(-1)?.at ?? 0;
    if (at < last) throw wrong(line, 'time', `is ${value('time')}, which is before the line above it`);
    points.push({ at, load: loadOf(value('load'), line) });
    curves.set(role, points);
  }
  if (curves.size === 0) throw wrong(head.line, 'load', 'has no line below it');
  return new Map([...curves].map(([role, points]) => [role, { points }]));
}

/** At any time: before the first point its load, after the last one that one’s. */
export function loadAt({ points }: Curve, at: number): number {
  // Of several points at one time the last one counts.
  const next = points.findIndex((point) => point.at > at);
  if (next === -1) return points.at(-1)?.load ?? 0;
  const [before, after] = [points[next - 1], points[next]];
  if (before === undefined || after === undefined) return points[0]?.load ?? 0;
  return before.load + ((after.load - before.load) * (at - before.at)) / (after.at - before.at);
}

const cells = (text: string): readonly string[] =>
  text.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));

function columnsOf(names: readonly string[], line: number): ReadonlyMap<Column, number> {
  const columns = new Map<Column, number>();
  for (const [index, name] of names.entries()) {
    const column = COLUMNS.find((each) => each === name.toLowerCase());
    if (column === undefined) throw wrong(line, name, `is no column: there are ${COLUMNS.join(', ')}`);
    if (columns.has(column)) throw wrong(line, name, 'stands there twice');
    columns.set(column, index);
  }
  for (const needed of ['time', 'load'] as const)
    if (!columns.has(needed)) throw wrong(line, needed, 'is missing among the columns');
  return columns;
}

/** Seconds, or a duration with its unit. */
function timeOf(text: string, line: number): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1_000) : parseDuration(text);
  if (ms !== undefined && Number.isSafeInteger(ms)) return ms;
  throw wrong(line, 'time', `is ${JSON.stringify(text)}: must be seconds, or a duration like 90s, 10m or 2h`);
}

function loadOf(text: string, line: number): number {
  const load = text === '' ? Number.NaN : Number(text);
  if (load >= 0 && load <= LARGEST_LOAD) return load;
  throw wrong(line, 'load', `is ${JSON.stringify(text)}: must be a number from 0 to ${LARGEST_LOAD}`);
}

const wrong = (line: number, column: string, what: string): NodeyardError =>
  new NodeyardError('INVALID_INPUT', `line ${line}: ${column} ${what}`, { field: column });
