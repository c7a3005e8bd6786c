/** The zod schemas of the routes as JSON Schema, those with a name as references to the components of the document. */
import { z } from 'zod';
import { COMPONENTS } from './schemas/components.js';

type JsonSchema = Record<string, unknown>;
type Io = 'input' | 'output';

/** `root`: the schema itself is wanted, not a reference to it. */
export function jsonSchemaOf(schema: z.core.$ZodType, io: Io, root = false): JsonSchema {
  const {
    $schema: _,
    $defs: __,
    ...json
  } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema, path }) => {
      const name = COMPONENTS.get(zodSchema as z.core.$ZodType);
      // Of TypeScript’s readonly arrays; here it would mean that they cannot be sent.
      delete jsonSchema.readOnly;
      // What is answered may grow; only what is sent to us is refused for a field too many.
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
      if (name === undefined || (root && path.length === 0)) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      jsonSchema.$ref = `#/components/schemas/${name}`;
    },
  });
  return withoutRecursion(json as JsonSchema);
}

/** Only z.json() is defined by itself: “any JSON” is what an empty schema says too. */
const withoutRecursion = (json: JsonSchema): JsonSchema =>
  JSON.parse(JSON.stringify(json), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && String(Reflect.get(value, '$ref')).startsWith('#/$defs/')
      ? {}
      : value,
  ) as JsonSchema;

/** Of the named schemas those that something refers to, also from within another one. */
export function componentsUsedBy(document: unknown): Record<string, JsonSchema> {
  const used: Record<string, JsonSchema> = {};
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const name =
        key === '$ref' && typeof inner === 'string'
          ? /^#\/components\/schemas\/(\w+)$/.exec(inner)?.[1]
          : undefined;
      if (name === undefined) visit(inner);
      else if (used[name] === undefined) {
        const [schema] = [...COMPONENTS].find(([, each]) => each === name) ?? [];
        if (schema === undefined) throw new Error(`there is no schema ${name}`);
        used[name] = jsonSchemaOf(schema, ioOf(name), true);
        visit(used[name]);
      }
    }
  };
  visit(document);
  return used;
}

/** What is sent to us is named …Request. */
const ioOf = (name: string): Io => (name.endsWith('Request') ? 'input' : 'output');
