/** Requests made of an OpenAPI document: as it says, nearly as it says, and not at all. */
import fc from 'fast-check';
import { type JsonSchema, named, ODD, seldom, spoilt, type Vocabulary, valuesOf } from './fuzz-values.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface Operation {
  readonly operationId: string;
  readonly method: string;
  /** `/v1/nodes/{id}` */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | undefined;
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
  readonly tags: readonly string[];
}

interface Written extends Pick<Operation, 'operationId' | 'responses' | 'tags'> {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Written>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

export interface FuzzRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export const operationsOf = ({ paths }: Document): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { operationId, responses, tags, parameters = [], requestBody }]) => ({
        operationId,
        tags,
        method: method.toUpperCase(),
        path,
        parameters,
        body: requestBody?.content['application/json']?.schema,
        responses,
      }),
    ),
  );

/** About half of them as the document says. */
export function requestsOf(operation: Operation, words: Vocabulary): fc.Arbitrary<FuzzRequest> {
  const { method, body } = operation;
  const sent =
    method === 'GET'
      ? fc.constant(undefined)
      : body === undefined
        ? seldom(8, ODD.map(asText))
        : bodies(body, words);
  return fc
    .tuple(paths(operation, words), queries(operation, words), headers(operation, words), sent)
    .map(([path, query, own, text]) => ({
      url: query === '' ? path : `${path}?${query}`,
      headers: { ...own, ...(text === undefined ? {} : { 'content-type': 'application/json' }) },
      body: text,
    }));
}

const DEEP = fc
  .integer({ min: 1, max: 2_000 })
  .map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

function bodies(schema: JsonSchema, words: Vocabulary): fc.Arbitrary<string | undefined> {
  const values = valuesOf(schema, words);
  return fc.oneof(
    { weight: 6, arbitrary: values.map((value) => JSON.stringify(value)) },
    { weight: 4, arbitrary: values.chain(spoilt).map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: fc.oneof(DEEP, fc.string({ unit: 'binary' })) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

const parametersIn = ({ parameters }: Operation, place: string) =>
  parameters.filter((each) => each.in === place);

const parameter = ({ name, schema }: Parameter, words: Vocabulary): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: named(name, schema, words).map(asText) },
    { weight: 1, arbitrary: ODD.map(asText) },
  );

function paths(operation: Operation, words: Vocabulary): fc.Arbitrary<string> {
  const parts = operation.path.split('/').map((part) => {
    const found = parametersIn(operation, 'path').find(({ name }) => part === `{${name}}`);
    return found === undefined ? fc.constant(part) : parameter(found, words).map(encode);
  });
  return fc.tuple(...parts).map((all) => all.join('/'));
}

function queries(operation: Operation, words: Vocabulary): fc.Arbitrary<string> {
  const known = parametersIn(operation, 'query').map((each) =>
    seldom(
      2,
      parameter(each, words).map((value) => `${each.name}=${encode(value)}`),
    ),
  );
  const stray = seldom(
    8,
    fc
      .tuple(fc.string({ maxLength: 10 }), ODD)
      .map(([name, odd]) => `${encode(name)}=${encode(asText(odd))}`),
  );
  return fc.tuple(...known, stray).map((all) => all.filter((each) => each !== undefined).join('&'));
}

function headers(operation: Operation, words: Vocabulary): fc.Arbitrary<Record<string, string>> {
  const known = parametersIn(operation, 'header').map((each) =>
    seldom(4, parameter(each, words)).map((value) =>
      value === undefined ? [] : [[each.name, printable(value)]],
    ),
  );
  return fc.tuple(...known).map((all) => Object.fromEntries(all.flat()));
}

/** What a client can put into a header at all. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '');

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');

/** Percent-encoded; half characters, which cannot be, as what stands for them. */
const encode = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\u{fffd}'));
