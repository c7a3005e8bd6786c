import { Tokenization } from 'cdktf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeDeeply, escapeText, looksLikeToken } from '../../src/synth/escape.js';

describe('escaping', () => {
  it.each([
    ['plain text, 100 % of it for $5', 'plain text, 100 % of it for $5'],
    ['${a}', '$${a}'],
    ['%{ if a }', '%%{ if a }'],
    ['x${a}', 'x$${a}'],
    ['$${a}', '$$${a}'],
    ['a$', 'a${"$"}'],
    ['a%$', 'a${"%$"}'],
    ['{"a":1}', '${"{"}"a":1}'],
    ['a {', 'a {${""}'],
    ['x #{TfToken[TOKEN.1]}', 'x #{Tf${""}Token[TOKEN.1]}'],
    ['-1.8881545897087503e+289', '-1.8881545897087503${""}e+289'],
    ['3e5 is small', '3e5 is small'],
    ['Any Map Token Value', 'Any Map Token Value${""}'],
  ])('writes %j as %j', (text, written) => {
    expect(escapeText(text)).toBe(written);
  });

  it('goes into arrays, objects and the names of their fields, and leaves other values alone', () => {
    expect(escapeDeeply({ '${k}': ['${v}', 1, true, null], plain: { '%{': '' } })).toEqual({
      '$${k}': ['$${v}', 1, true, null],
      plain: { '%%{${""}': '' },
    });
  });

  it('leaves nothing in which the CDK sees a token', () => {
    const piece = fc.constantFrom(
      '$',
      '#',
      '&',
      '{',
      'TfToken[',
      'TOKEN.0',
      ']}',
      '1',
      'e',
      '+289',
      '-',
      '.',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const escaped = escapeText(pieces.join(''));
        expect(Tokenization.reverseString(escaped).tokens).toEqual([]);
        expect(Tokenization.isResolvable(escaped)).toBe(false);
      }),
    );
  });

  it('keeps different texts different', () => {
    const text = fc.string({ unit: fc.constantFrom('$', '%', '{', '}', '"', 'a'), maxLength: 5 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        fc.pre(a !== b);
        expect(escapeText(a)).not.toBe(escapeText(b));
      }),
    );
  });

  it('parts long runs of digits, in which the CDK would search for ever', () => {
    const escaped = escapeText('9'.repeat(200_000));
    expect(escaped.split('${""}').join('')).toBe('9'.repeat(200_000));
    expect(Math.max(...escaped.split('${""}').map((run) => run.length))).toBe(128);
  });

  it.each([-1.8881545897087503e289, -9e299, 1e300, -123456789])(
    'knows %d for a token of the CDK',
    (number) => {
      expect(looksLikeToken(number)).toBe(true);
    },
  );

  it.each([0, -1, 123456789, 1.5, 1e287, Number.MAX_SAFE_INTEGER])('knows %d for a number', (number) => {
    expect(looksLikeToken(number)).toBe(false);
  });
});
