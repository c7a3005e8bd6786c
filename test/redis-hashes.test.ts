import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  document,
  flag,
  hashReader,
  needed,
  object,
  oneOf,
  optional,
  text,
  whole,
  words,
} from '../src/redis-hashes.js';

const read = hashReader({
  name: needed(text),
  kind: needed(oneOf(['a', 'b'])),
  count: optional(whole),
  on: optional(flag),
  free: optional(object<unknown>()),
  labels: optional(words),
  failure: optional(document(z.object({ code: z.string() }))),
});
const SOUND = { name: 'n', kind: 'a' };

describe('a hash', () => {
  test('is read field by field; what nobody knows is left out, and what is not there is absent', () => {
    const stored = {
      ...SOUND,
      count: '7',
      on: '1',
      free: '{"x":[1]}',
      labels: '{"l":"v"}',
      failure: '{"code":"C","more":1}',
    };
    expect(read('k', { ...stored, later: 'nodeyard' })).toEqual({
      name: 'n',
      kind: 'a',
      count: 7,
      on: true,
      free: { x: [1] },
      labels: { l: 'v' },
      failure: { code: 'C' },
    });
    expect(Object.keys(read('k', SOUND))).toEqual(['name', 'kind']);
  });

  test.each([
    ['name', undefined, 'is missing'],
    ['kind', 'c', 'must be one of a, b'],
    ['kind', 'toString', 'must be one of'],
    ['count', '', 'must be a whole number'],
    ['count', '-1', 'must be a whole number'],
    ['count', '1e3', 'must be a whole number'],
    ['count', '9'.repeat(17), 'must be a whole number'],
    ['on', 'true', 'must be 0 or 1'],
    ['free', '{', 'is not JSON'],
    ['free', '[]', 'is no object'],
    ['free', 'null', 'is no object'],
    ['labels', '{"l":1}', 'holds more than texts'],
    ['failure', '{"code":7}', 'code'],
  ])('whose %s is %j is refused with its name', (field, value, why) => {
    const { [field]: _, ...rest } = { ...SOUND } as Record<string, string>;
    const stored = value === undefined ? rest : { ...SOUND, [field]: value };
    expect(() => read('the-key', stored)).toThrow(
      expect.objectContaining({
        code: 'RECORD_UNREADABLE',
        message: expect.stringMatching(new RegExp(`^the-key cannot be read: ${field}: .*${why}`)),
      }),
    );
  });

  test('tells of every field that is wrong, and of no value', () => {
    const stored = {
      name: 'n',
      kind: 'hunter22',
      count: 'hunter22',
      free: '"hunter22',
      failure: '{"code":22}',
    };
    const refusal = (): unknown => read('k', stored);
    expect(refusal).toThrow(/kind: .*; count: .*; free: .*; failure: /);
    expect(refusal).not.toThrow(/hunter22/);
  });
});
