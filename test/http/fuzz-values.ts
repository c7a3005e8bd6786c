/** Values for the fuzzer: as a JSON Schema says, and as nobody has thought of. */
import fc from 'fast-check';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Vocabulary {
  /** The named schemas of the document. */
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  /** Values that mean something here, by the name of the field or parameter. */
  readonly known: Readonly<Record<string, readonly unknown[]>>;
}

/** Things that somebody has once forgotten to think of. */
export const ODD = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      null,
      true,
      -1,
      0,
      1e308,
      Number.MAX_SAFE_INTEGER + 2,
      [],
      {},
      [[]],
      [null],
      { length: 7 },
      { constructor: 1 },
    ],
    ...[
      '',
      ' ',
      '\u0000',
      '\ud800',
      '%00',
      '../../etc/passwd',
      '..%2f',
      '{nodeyard}:node:x',
      '*',
      '$',
      '${file("/etc/passwd")}',
    ],
    ...[
      '%{ if true }',
      '<script>',
      '\r\nx: y',
      'constructor',
      '__proto__',
      'toString',
      '😀'.repeat(40),
      'ſ',
      '\u202e',
      'x'.repeat(3_000),
    ],
  ),
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary', maxLength: 80 }),
);

/** One in so many times, else undefined. */
export const seldom = <T>(oneIn: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

/** Values that a schema allows; of its keywords those that the document uses. */
export function valuesOf(schema: JsonSchema, words: Vocabulary, depth = 0): fc.Arbitrary<unknown> {
  const inner = (each: unknown): fc.Arbitrary<unknown> => valuesOf(each as JsonSchema, words, depth + 1);
  const choices = schema['enum'] ?? schema['anyOf'] ?? schema['oneOf'];
  if (typeof schema['$ref'] === 'string')
    return inner(words.schemas[schema['$ref'].split('/').at(-1) ?? ''] ?? {});
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(choices as unknown[]));
  if (Array.isArray(choices)) return fc.oneof(...choices.map(inner));
  switch (schema['type']) {
    case 'string':
      return texts(schema);
    case 'integer':
    case 'number':
      return fc.integer({
        min: Number(schema['minimum'] ?? -1e6),
        max: Math.min(Number(schema['maximum'] ?? 1e6), 2 ** 31),
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(inner(schema['items'] ?? {}), {
        minLength: Number(schema['minItems'] ?? 0),
        maxLength: 5,
      });
    case 'object':
      return objects(schema, words, depth);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function texts({ pattern, minLength = 0, maxLength: most = 40 }: JsonSchema): fc.Arbitrary<string> {
  const maxLength = Math.min(Number(most), 400);
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern, 'u'), { maxLength });
  return fc.string({ unit: 'grapheme', minLength: Number(minLength), maxLength });
}

function objects(schema: JsonSchema, words: Vocabulary, depth: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties: others } = schema;
  const fields = Object.entries(properties as Record<string, JsonSchema>).map(
    ([name, each]) => [name, named(name, each, words, depth + 1)] as const,
  );
  const record = fc.record(Object.fromEntries(fields), { requiredKeys: required as never[] });
  if (typeof others !== 'object' || depth > 6) return record;
  const more = fc.dictionary(
    fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/),
    valuesOf(others as JsonSchema, words, depth + 1),
    { maxKeys: 3 },
  );
  return fc.tuple(more, record).map(([free, own]) => ({ ...free, ...own }));
}

/** Mostly one that means something, where there is any. */
export function named(name: string, schema: JsonSchema, words: Vocabulary, depth = 0): fc.Arbitrary<unknown> {
  const known = Object.hasOwn(words.known, name) ? words.known[name] : undefined;
  const values = valuesOf(schema, words, depth);
  if (known === undefined) return values;
  return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: values });
}

/** The value with something odd in one place. */
export function spoilt(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return ODD;
  const keys = fc.constantFrom(...Object.keys(value));
  return fc.oneof(
    ODD,
    fc.tuple(keys, ODD).map(([key, odd]) => replaced(value, key, odd)),
    fc.tuple(fc.string({ maxLength: 20 }), ODD).map(([key, odd]) => replaced(value, key, odd)),
    keys.map((key) => without(value, key)),
    keys.chain((key) => spoilt(Reflect.get(value, key)).map((odd) => replaced(value, key, odd))),
  );
}

function replaced(value: object, key: string, odd: unknown): unknown {
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === key ? odd : each));
  return { ...value, [key]: odd };
}

function without(value: object, key: string): unknown {
  if (Array.isArray(value)) return value.filter((_, index) => String(index) !== key);
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}
