import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashRequest } from '../../src/store/request-hash.js';
import { nodeRequest } from './support.js';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The same document with the keys of every object the other way round. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, each]) => [key, reversed(each)]));
}

describe('hashRequest', () => {
  const request = nodeRequest({ id: 'n' });

  it('does not depend on the order of keys, however deep', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (inputs) => {
        const turned = reversed(inputs as Json) as Record<string, Json>;
        const [one, other] = [inputs as Record<string, Json>, turned];
        expect(hashRequest({ ...request, inputs: other })).toBe(hashRequest({ ...request, inputs: one }));
      }),
    );
  });

  it('depends on every value and on the order of lists', () => {
    const documents: Record<string, Json>[] = [
      {},
      { a: 1 },
      { a: '1' },
      { a: null },
      { a: [1, 2] },
      { a: [2, 1] },
      { a: { b: 1 } },
      { b: { a: 1 } },
      { ['__proto__']: 1 },
    ];
    const hashes = documents.map((inputs) => hashRequest({ ...request, inputs }));
    expect(new Set(hashes).size).toBe(documents.length);
  });

  it('leaves the id aside and takes what is left out for its default', () => {
    expect(hashRequest({ ...request, id: 'other', tags: {}, labels: {}, onFailure: 'cleanup' })).toBe(
      hashRequest(request),
    );
    expect(hashRequest({ ...request, onFailure: 'keep' })).not.toBe(hashRequest(request));
  });
});
