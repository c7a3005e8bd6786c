/** How values stand in the fields of Redis hashes and stream entries: as strings, documents as JSON. */
import { z } from 'zod';
import { NodeyardError } from './errors.js';

export const wholeNumber = z
  .string()
  .regex(/^\d{1,16}$/, 'must be a whole number')
  .transform(Number);
export const flag = z.enum(['0', '1']).transform((value) => value === '1');

/** A field that holds a JSON document. */
export const json = <S extends z.ZodType>(schema: S) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

export type Fields = Readonly<Record<string, string>>;

/** Fields and values as Redis lists them: `[name, value, name, value …]`. */
export function fieldsOf(flat: readonly string[]): Fields {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] as string] = flat[i + 1] as string;
  return fields;
}

/** Throws RECORD_UNREADABLE, which names the key and the fields but never their values. */
export function decode<S extends z.ZodType>(schema: S, stored: unknown, key: string): z.output<S> {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new NodeyardError('RECORD_UNREADABLE', `${key} cannot be read: ${problems.join('; ')}`);
}
