/**
 * What goes out, by the zod schemas of the routes. From each schema a copier is made once, which takes the fields that the schema
 * knows and leaves out every other one, at any depth: a new field of a record is shown when somebody has decided so.
 *
 * A copier leaves, and does not check: what a record holds was checked when it was read (src/store/record-codec.ts), TypeScript
 * holds handlers to their schemas, and checking every record of a page once more took longer than reading it. Where a schema is
 * more than fields (a union, a transformation), zod itself encodes, and checks.
 */
import type { FastifySerializerCompiler } from 'fastify';
import { z } from 'zod';

type Copy = (value: unknown) => unknown;

/** Of a schema whose values go out as they are. */
const asItIs: Copy = (value) => value;

export const serializerCompiler: FastifySerializerCompiler<z.ZodType> = ({ schema }) => {
  const copy = copierOf(schema);
  return (data: unknown) => JSON.stringify(copy(data));
};

const copiers = new WeakMap<z.core.$ZodType, Copy>();

/** The same function for the same schema. */
export function copierOf(schema: z.core.$ZodType): Copy {
  const known = copiers.get(schema);
  if (known !== undefined) return known;
  const copy = makeCopier(schema);
  copiers.set(schema, copy);
  return copy;
}

function makeCopier(schema: z.core.$ZodType): Copy {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
    case 'enum':
    case 'literal':
    // Documents of the user: shown as they are.
    case 'unknown':
    case 'any':
    case 'custom':
      return asItIs;
    case 'optional':
    case 'nullable':
      return whereThere(copierOf(def.innerType));
    case 'readonly':
      return copierOf(def.innerType);
    case 'array':
      return eachWith(copierOf(def.element));
    case 'record':
      // Other keys than any word are a rule that zod knows.
      return def.keyType._zod.def.type === 'string' ? valuesWith(copierOf(def.valueType)) : encoder(schema);
    case 'object':
      return def.catchall === undefined || def.catchall._zod.def.type === 'never'
        ? fieldsOf(def.shape)
        : encoder(schema);
    default:
      return encoder(schema);
  }
}

const encoder =
  (schema: z.core.$ZodType): Copy =>
  (value) =>
    z.encode(schema, value);

const isThere = (value: unknown): value is object => typeof value === 'object' && value !== null;

const whereThere = (copy: Copy): Copy =>
  copy === asItIs ? asItIs : (value) => (value === undefined || value === null ? value : copy(value));

const eachWith = (copy: Copy): Copy =>
  copy === asItIs ? asItIs : (value) => (Array.isArray(value) ? value.map(copy) : refuse(value, 'a list'));

function valuesWith(copy: Copy): Copy {
  if (copy === asItIs) return asItIs;
  return (value) => {
    if (value === undefined || value === null) return value;
    if (!isThere(value)) return refuse(value, 'a record');
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each)]));
  };
}

function fieldsOf(shape: z.core.$ZodShape): Copy {
  const fields = Object.entries(shape).map(([name, schema]) => ({ name, copy: copierOf(schema) }));
  return (value) => {
    if (!isThere(value)) return refuse(value, 'an object');
    const copied: Record<string, unknown> = {};
    for (const { name, copy } of fields) {
      const field: unknown = Reflect.get(value, name);
      if (field !== undefined) copied[name] = copy(field);
    }
    return copied;
  };
}

/** Absent and null are for optional and nullable fields; anything else that is no structure cannot be told by one. */
function refuse(value: unknown, wanted: string): unknown {
  if (value === undefined || value === null) return value;
  throw new TypeError(`an answer has ${typeof value} where its schema has ${wanted}`);
}
