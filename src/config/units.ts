/** How people write durations, sizes, numbers and lists; each reader takes the form of a file and that of a variable. */
import { z } from 'zod';

const DURATION_UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZE_UNITS = { b: 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 } as const;

/** The longest delay that a timer of Node takes, rounded down to days. */
export const LONGEST_TIMER = '24d';

/** Reads `90s`, `10m`, `1.5h`, `7d`, `250ms` or a plain number of milliseconds; undefined when it is none of these. */
export function parseDuration(text: string | number): number | undefined {
  return parseQuantity(text, /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/, DURATION_UNITS);
}

/** Reads `256MiB`, `64KiB`, `1GiB` or a plain number of bytes; undefined when it is none of these. */
export function parseSize(text: string | number): number | undefined {
  return parseQuantity(text, /^(\d+(?:\.\d+)?)\s*(b|kib|mib|gib)?$/, SIZE_UNITS);
}

/** Writes milliseconds as the largest whole unit: 120000 → `120s` → `2m`. */
export function formatDuration(ms: number): string {
  const units = Object.entries(DURATION_UNITS).reverse();
  const [unit, factor] = units.find(([, size]) => ms % size === 0 && ms >= size) ?? ['ms', 1];
  return `${ms / factor}${unit}`;
}

function parseQuantity(
  text: string | number,
  form: RegExp,
  units: Readonly<Record<string, number>>,
): number | undefined {
  const match = form.exec(String(text).trim().toLowerCase());
  const amount = Number(match?.[1]) * (units[match?.[2] ?? ''] ?? 1);
  return Number.isFinite(amount) ? Math.round(amount) : undefined;
}

interface Bounds<T> {
  readonly min: T;
  readonly max: T;
}

/** Read as milliseconds. */
export function duration({ min, max }: Bounds<string>) {
  const error = `must be a duration from ${min} to ${max}, written like 90s, 10m or 2h, or in milliseconds`;
  return quantity(parseDuration, { min, max }, error);
}

/** Read as bytes. */
export function size({ min, max }: Bounds<string>) {
  return quantity(
    parseSize,
    { min, max },
    `must be a size from ${min} to ${max}, written like 256MiB, or in bytes`,
  );
}

/** A whole number. */
export function count({ min, max }: Bounds<number>) {
  const error = `must be a whole number from ${min} to ${max}`;
  return quantity(
    (text) => (/^\d+$/.test(String(text).trim()) ? Number(text) : undefined),
    { min, max },
    error,
  );
}

function quantity(
  parse: (text: string | number) => number | undefined,
  { min, max }: Bounds<string | number>,
  error: string,
) {
  return z.union([z.string(), z.number()], { error }).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined && value >= (parse(min) ?? 0) && value <= (parse(max) ?? Infinity)) return value;
    context.issues.push({ code: 'custom', message: error, input: text });
    return z.NEVER;
  });
}

/** A list of words: an array in a file, comma-separated in a variable. `form` is what each of them must be. */
export function words(form: RegExp, error: string) {
  return z.union([z.string(), z.array(z.string())], { error }).transform((value, context) => {
    const list = (typeof value === 'string' ? value.split(',') : value).map((word) => word.trim());
    const filled = list.filter((word) => word !== '');
    if (!filled.every((word) => form.test(word))) {
      context.issues.push({ code: 'custom', message: error, input: value });
    }
    return filled;
  });
}

/** A part of a whole: from 0 to 1. */
export function ratio() {
  const parse = (text: string | number) =>
    /^\d*\.?\d+$/.test(String(text).trim()) ? Number(text) : undefined;
  return quantity(parse, { min: 0, max: 1 }, 'must be a number from 0 to 1');
}

/** On or off. */
export function toggle() {
  const error = 'must be on or off';
  return z.union([z.boolean(), z.string()], { error }).transform((value, context) => {
    const word = String(value).trim().toLowerCase();
    if (word === 'on' || word === 'true') return true;
    if (word === 'off' || word === 'false') return false;
    context.issues.push({ code: 'custom', message: error, input: value });
    return z.NEVER;
  });
}

/** A text that is not empty. */
export function text(form: RegExp, error: string) {
  return z.string({ error }).trim().regex(form, { error });
}
