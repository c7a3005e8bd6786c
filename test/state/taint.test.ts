import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instancesOf } from '../../src/state/document.js';
import { taint } from '../../src/state/taint.js';
import { bytesOf, type DocumentResource, stateText, stateWith, textOf } from './support/documents.js';

const MARK = '"status": "tainted",';

/** JSON text with what parsing and printing would change: large numbers, key order, escapes, prototypes, blanks. */
const attributes = fc
  .array(
    fc.tuple(
      fc.oneof(fc.string(), fc.constantFrom('10', '2', '__proto__', 'resources', 'instances', 'a"]}')),
      fc.oneof(
        fc.constantFrom(
          '12345678901234567891',
          '1e400',
          '1.10',
          '-0',
          '1E+2',
          '"\\u0041\\/\\\\"',
          '[ ]',
          '{ }',
        ),
        fc.json(),
        fc.string().map((text) => JSON.stringify(text)),
      ),
    ),
    { maxLength: 6 },
  )
  .map((pairs) => {
    const members = [...new Map(pairs)].map(([key, value]) => `${JSON.stringify(key)} :\n${value}`);
    return `{${members.join(', ')}}`;
  });
const instance = (index: number): fc.Arbitrary<NonNullable<DocumentResource['instances']>[number]> =>
  fc.record({ index_key: fc.constant(index), attributes }, { requiredKeys: ['attributes', 'index_key'] });
const resources = fc
  .array(
    fc.tuple(instance(0), instance(1)).map((instances) => instances),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => all.map((instances, index): DocumentResource => ({ name: `r${index}`, instances })));

test('tainting adds the marks and changes no other character', () => {
  fc.assert(
    fc.property(resources, fc.infiniteStream(fc.boolean()), (parts, chosen) => {
      const text = stateText(parts);
      const document = bytesOf(text);
      const wanted = instancesOf(document)
        .map((entry) => entry.address)
        .filter(() => chosen.next().value);
      const result = taint(document, wanted);
      const marked = textOf(result.document);
      expect(result.tainted).toEqual(wanted);
      expect(withoutMarks(text, marked, wanted.length)).toBe(text);
      const statuses = instancesOf(result.document).filter((entry) => entry.status === 'tainted');
      expect(statuses.map((entry) => entry.address)).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

/** Takes the marks out where the original goes on without them: attributes may hold the same characters. */
function withoutMarks(original: string, marked: string, count: number): string {
  let at = 0;
  let removed = 0;
  let rest = '';
  while (at < marked.length) {
    const here = marked.startsWith(MARK, at) && !original.startsWith(MARK, rest.length);
    if (here) removed += 1;
    else rest += marked[at];
    at += here ? MARK.length : 1;
  }
  expect(removed).toBe(count);
  return rest;
}

test('large and odd numbers stay the same characters', () => {
  const numbers = '{"id":"x","a":12345678901234567891,"b":1e400,"c":1.10}';
  const document = bytesOf(stateText([{ name: 'a', instances: [{ attributes: numbers }] }]));
  expect(textOf(taint(document, ['terraform_data.a']).document)).toContain(numbers);
});

test('an address that the state does not hold is ignored', () => {
  const document = stateWith('a');
  expect(taint(document, ['terraform_data.z'])).toEqual({ document, tainted: [] });
});

test('what is tainted already stays as it is and is answered', () => {
  const once = taint(stateWith('a', 'b'), ['terraform_data.a']);
  const twice = taint(once.document, ['terraform_data.a', 'terraform_data.b']);
  expect(twice.tainted).toEqual(['terraform_data.a', 'terraform_data.b']);
  expect(textOf(twice.document).split('"tainted"')).toHaveLength(3);
});

test('only the current object of an address is tainted, not a deposed one, and never a data source', () => {
  const document = bytesOf(
    stateText([
      { name: 'a', instances: [{ deposed: '0a1b2c3d' }, {}] },
      { name: 'd', mode: 'data' },
    ]),
  );
  const result = taint(document, ['terraform_data.a', 'data.terraform_data.d']);
  const marked = instancesOf(result.document).map(({ deposed, status }) => [deposed, status]);
  expect(marked).toEqual([
    [true, undefined],
    [false, 'tainted'],
    [false, undefined],
  ]);
});

test('a string of megabytes in the state is no obstacle', () => {
  const long = JSON.stringify({ id: 'x', user_data: '\\"}]'.repeat(1_000_000) });
  const document = bytesOf(stateText([{ name: 'a', instances: [{ attributes: long }] }, { name: 'b' }]));
  expect(taint(document, ['terraform_data.b']).tainted).toEqual(['terraform_data.b']);
});

test('torn bytes are refused', () => {
  expect(() => taint(stateWith('a').subarray(0, 100), ['terraform_data.a'])).toThrow(/not JSON/);
});
