/** What goes out is what the schema knows, at any depth, and nothing else. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { copierOf, serializerCompiler } from '../../src/http/answers.js';
import { COMPONENTS } from '../../src/http/schemas/components.js';
import { deadLetterPageSchema } from '../../src/http/schemas/webhooks.js';

const inner = z.object({ kept: z.string() });
const outer = z.object({
  text: z.string(),
  list: z.array(inner).readonly(),
  byName: z.record(z.string(), inner),
  absent: inner.exactOptional(),
  nothing: inner.nullable(),
  neither: z.union([z.string(), z.number()]).nullable(),
  maybe: inner.optional(),
  free: z.record(z.string(), z.unknown()),
  either: z.union([z.object({ a: inner }), z.object({ b: z.number() })]),
  time: z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: (at) => at.toISOString() }),
});
const secret = { kept: 'k', secret: 's' };
const value = {
  text: 't',
  list: [secret],
  byName: { x: secret },
  nothing: null,
  neither: null,
  maybe: secret,
  free: { whatever: { the: 'user has' } },
  either: { a: secret, secret: 's' },
  time: new Date(0),
  secret: 's',
};

test('what no schema knows is left out wherever it stands, and everything else goes out', () => {
  expect(copierOf(outer)(value)).toEqual({
    text: 't',
    list: [{ kept: 'k' }],
    byName: { x: { kept: 'k' } },
    nothing: null,
    neither: null,
    maybe: { kept: 'k' },
    free: { whatever: { the: 'user has' } },
    either: { a: { kept: 'k' } },
    time: '1970-01-01T00:00:00.000Z',
  });
});

test('a copy is what zod would have encoded', () => {
  expect(copierOf(outer)(value)).toEqual(outer.encode(value as never));
});

test('the value itself stays as it was', () => {
  const before = structuredClone(value);
  copierOf(outer)(value);
  expect(value).toEqual(before);
});

test.each([
  ['a list', z.object({ list: z.array(inner) }), { list: 'abc' }],
  ['an object', z.object({ one: inner }), { one: 'abc' }],
  ['a record', z.object({ all: z.record(z.string(), inner) }), { all: 'abc' }],
])('a text where the schema has %s is refused and not sent', (what, schema, wrong) => {
  expect(() => copierOf(schema)(wrong)).toThrow(`string where its schema has ${what}`);
});

test('an object that may hold more than is named goes through zod', () => {
  const loose = z.looseObject({ kept: z.string() });
  expect(copierOf(loose)({ kept: 'k', more: 1 })).toEqual({ kept: 'k', more: 1 });
  const strict = z.strictObject({ kept: z.string() });
  expect(copierOf(strict)({ kept: 'k', more: 1 })).toEqual({ kept: 'k' });
});

describe('every named schema of an answer', () => {
  const answered = [...COMPONENTS].filter(([, name]) => !name.endsWith('Request'));
  test.each(answered.map(([schema, name]) => ({ schema, name })))('has a copier: $name', ({ schema }) => {
    expect(copierOf(schema)).toBeTypeOf('function');
  });

  test('is compiled once', () => {
    for (const [schema] of answered) expect(copierOf(schema)).toBe(copierOf(schema));
  });
});

test('a letter that is one of several kinds is told apart', () => {
  const serialize = serializerCompiler({
    schema: deadLetterPageSchema,
    method: 'GET',
    url: '/',
    httpStatus: '200',
  });
  const gap = { id: '1-0', kind: 'gap', at: 1, after: '1-0', until: '5-0' };
  expect(JSON.parse(serialize({ letters: [{ ...gap, secret: 's' }] }))).toEqual({ letters: [gap] });
  expect(() => serialize({ letters: [{ ...gap, kind: 'nothing' }] })).toThrow();
});
