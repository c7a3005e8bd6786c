import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson, printableLines } from '../../src/cli/printable.js';

const HOSTILE = 'a\u001b[2Jb\u009b31mc\u0007d\u007fe\u202ef\r\ng\th';
const CONTROL = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

describe('text from outside', () => {
  it('loses what a terminal would obey', () => {
    expect(printable(HOSTILE)).toBe('a[2Jb31mcdef g h');
  });

  it('keeps its line breaks where lines are wanted, and nothing else', () => {
    expect(printableLines(HOSTILE)).toBe('a[2Jb31mcdef\ng  h');
  });

  it('never keeps a control character, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(CONTROL);
        expect(printableLines(text).replaceAll('\n', '')).not.toMatch(CONTROL);
      }),
    );
  });

  it('is the same value in JSON, without a raw control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = printableJson({ text });
        expect(json).not.toMatch(CONTROL);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});
