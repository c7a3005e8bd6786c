/** A difference in words: `roles.edge.max 4 → 8`. */
import { formatDuration } from '../config/units.js';
import { type Difference, isInput } from './difference.js';

const SPANS: ReadonlySet<string> = new Set([
  'warmUp',
  'out',
  'in',
  'softLimit',
  'hardLimit',
  'pause',
  'maxPause',
  'removeAfter',
]);

const LAST = /[^.]+$/;

/** As it would be written in a file, on one line. */
export function valueText(field: string, value: unknown): string {
  const name = LAST.exec(field)?.[0] ?? '';
  if (typeof value === 'number' && SPANS.has(name) && !isInput(field))
    return value === 0 ? '0s' : formatDuration(value);
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}

/** For a history: without the values of inputs. */
export function toldDifference({ field, ...values }: Difference): string {
  const { before, after } = values;
  const text = (value: unknown): string => (isInput(field) ? '' : ` ${valueText(field, value)}`);
  if (!('before' in values)) return `${field}${text(after)} is new`;
  if (!('after' in values)) return `${field}${text(before)} is gone`;
  return isInput(field)
    ? `${field} is another`
    : `${field} ${valueText(field, before)} → ${valueText(field, after)}`;
}
