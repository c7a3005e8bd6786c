/**
 * Reads what stands in Redis hashes and stream entries, with a reader for each field that turns its text into the value or says what is
 * wrong with it. A page of nodes is twenty or a thousand hashes of thirty fields: reading them by one schema took most of a
 * request. Documents within a field are still held to a schema.
 */
import type { z } from 'zod';
import { NodeyardError } from './errors.js';
import type { Fields } from './redis-fields.js';

/** Throws Unfit. */
export type Reader<T> = (text: string) => T;

/** What is wrong with a value, never the value itself. */
class Unfit extends Error {}

export interface Needed<T> {
  readonly read: Reader<T>;
  readonly kind: 'needed';
}
export interface Optional<T> {
  readonly read: Reader<T>;
  readonly kind: 'optional';
}

export const needed = <T>(read: Reader<T>): Needed<T> => ({ read, kind: 'needed' });
export const optional = <T>(read: Reader<T>): Optional<T> => ({ read, kind: 'optional' });

export const text: Reader<string> = (value) => value;

export const whole: Reader<number> = (value) => {
  if (!WHOLE.test(value)) throw new Unfit('must be a whole number');
  return Number(value);
};
const WHOLE = /^\d{1,16}$/;

export const flag: Reader<boolean> = (value) => {
  if (value !== '0' && value !== '1') throw new Unfit('must be 0 or 1');
  return value === '1';
};

export function oneOf<const W extends string>(words: readonly W[]): Reader<W> {
  const known = new Map<string, W>(words.map((word) => [word, word]));
  return (value) => {
    const word = known.get(value);
    if (word === undefined) throw new Unfit(`must be one of ${words.join(', ')}`);
    return word;
  };
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new Unfit('is not JSON');
  }
}

/** A JSON document that fits a schema. */
export const document =
  <S extends z.ZodType>(schema: S): Reader<z.output<S>> =>
  (value) => {
    const result = schema.safeParse(parsed(value));
    if (result.success) return result.data;
    throw new Unfit(
      result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join(', '),
    );
  };

/** A JSON object, whatever is in it. */
export const object =
  <T>(): Reader<Readonly<Record<string, T>>> =>
  (value) => {
    const found = parsed(value);
    if (typeof found !== 'object' || found === null || Array.isArray(found)) throw new Unfit('is no object');
    return found as Record<string, T>;
  };

/** A JSON object of texts. */
export const words: Reader<Readonly<Record<string, string>>> = (value) => {
  const found = object<unknown>()(value);
  for (const word of Object.values(found))
    if (typeof word !== 'string') throw new Unfit('holds more than texts');
  return found as Record<string, string>;
};

type Field = Needed<unknown> | Optional<unknown>;
type Named<F, K extends 'needed' | 'optional'> = {
  [N in keyof F as F[N] extends { readonly kind: K } ? N : never]: F[N] extends { read: Reader<infer T> }
    ? T
    : never;
};
/** What a hash of these fields is read as. */
export type Read<F> = Named<F, 'needed'> & Partial<Named<F, 'optional'>>;

/** The function throws RECORD_UNREADABLE, which names the key and the fields but never their values. Other fields are left out. */
export function hashReader<const F extends Readonly<Record<string, Field>>>(
  fields: F,
): (key: string, stored: Fields) => Read<F> {
  const each = Object.entries<Field>(fields);
  return (key, stored) => {
    const values: Record<string, unknown> = {};
    let problems: string[] | undefined;
    for (const [name, { read, kind }] of each) {
      const value = stored[name];
      try {
        if (value !== undefined) values[name] = read(value);
        else if (kind === 'needed') throw new Unfit('is missing');
      } catch (error) {
        if (!(error instanceof Unfit)) throw error;
        problems ??= [];
        problems.push(`${name}: ${error.message}`);
      }
    }
    if (problems !== undefined)
      throw new NodeyardError('RECORD_UNREADABLE', `${key} cannot be read: ${problems.join('; ')}`);
    return values as Read<F>;
  };
}
