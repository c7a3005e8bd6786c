/** Values of Terraform’s configuration language, as JavaScript, and their form on the wire (msgpack, as cty writes it). */
import { decode, ExtensionCodec, encode } from '@msgpack/msgpack';
import type { BlockSchema } from '../schema.js';

/** A value that is known only after the apply. */
export class Unknown {
  readonly #only = true;
  static is(value: unknown): value is Unknown {
    return typeof value === 'object' && value !== null && #only in value;
  }
}
export const UNKNOWN = new Unknown();

export type Value = null | Unknown | string | number | boolean | readonly Value[] | Values;
export type Values = { readonly [name: string]: Value };

const extensions = new ExtensionCodec();
extensions.register({
  type: 0,
  encode: (value) => (Unknown.is(value) ? new Uint8Array([0]) : null),
  decode: () => UNKNOWN,
});
// An unknown of which something is known: not null, a prefix, a length. Terraform sends it; what it knows is not needed.
extensions.register({ type: 12, encode: () => null, decode: () => UNKNOWN });

export const fromWire = (bytes: Uint8Array): Values | null =>
  bytes.length === 0 ? null : (decode(bytes, { extensionCodec: extensions }) as Values | null);

export const toWire = (value: Value): Uint8Array => encode(value, { extensionCodec: extensions });

/** Every attribute and block of the schema and no other: Terraform refuses an object that lacks one. */
export function conform(schema: BlockSchema, values: Values): Values {
  const whole: Record<string, Value> = {};
  for (const name of Object.keys(schema.attributes)) whole[name] = values[name] ?? null;
  for (const [name, { nesting, block }] of Object.entries(schema.blocks)) {
    const value = values[name] ?? null;
    if (nesting === 'single') whole[name] = isValues(value) ? conform(block, value) : null;
    else if (Unknown.is(value)) whole[name] = value;
    else whole[name] = listOf(value).map((item) => (isValues(item) ? conform(block, item) : item));
  }
  return whole;
}

/** The same with null in place of what is unknown; an unknown block is none. */
export function withoutUnknown(schema: BlockSchema, values: Values): Values {
  const known = (value: Value): Value => {
    if (Unknown.is(value)) return null;
    if (Array.isArray(value)) return value.map(known);
    return isValues(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, known(v)])) : value;
  };
  return conform(schema, known(values) as Values);
}

export const isValues = (value: Value | undefined): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Unknown.is(value);

export const listOf = (value: Value | undefined): readonly Value[] => (Array.isArray(value) ? value : []);

/** By content; the order of a set must be settled before. */
export const same = (a: Value, b: Value): boolean => {
  if (Unknown.is(a) || Unknown.is(b)) return false;
  return JSON.stringify(a) === JSON.stringify(b);
};
