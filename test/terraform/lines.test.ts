import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, LineSplitter } from '../../src/terraform/lines.js';

function split(chunks: readonly Uint8Array[], maxBytes?: number): Line[] {
  const lines: Line[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), maxBytes);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe('splitting bytes into lines', () => {
  it('finds the same lines however the bytes are cut into chunks, inside characters too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }).map((text) => text.replace(/[\n\r]/g, '_'))),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (texts, sizes) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < bytes.length; ) {
            const size = sizes.next().value ?? 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          const expected = Buffer.from(texts.join('\n')).toString().split('\n');
          expect(split(chunks).map(({ text }) => text)).toEqual(texts.length === 0 ? [] : expected);
        },
      ),
    );
  });

  it('the last line may lack its newline, and a carriage return is no part of a line', () => {
    expect(split([Buffer.from('a\r\nb')]).map(({ text }) => text)).toEqual(['a', 'b']);
  });

  it('a line over the limit is cut and marked, and the next one is whole', () => {
    expect(split([Buffer.from('123456'), Buffer.from('789\nab\n')], 4)).toEqual([
      { text: '1234', cut: true },
      { text: 'ab', cut: false },
    ]);
  });

  it('a line of exactly the limit is whole', () => {
    expect(split([Buffer.from('1234\n')], 4)).toEqual([{ text: '1234', cut: false }]);
  });

  it('holds no more than the limit of a line that never ends', () => {
    const splitter = new LineSplitter(() => undefined, 1000);
    for (let count = 0; count < 100; count += 1) splitter.push(Buffer.alloc(99, 'x'));
    expect(splitter.heldBytes).toBe(1000);
  });

  it('the memory of a chunk may be used again', () => {
    const chunk = Buffer.from('ab');
    const lines: Line[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    splitter.push(chunk);
    chunk.fill('z');
    splitter.push(Buffer.from('c\n'));
    expect(lines).toEqual([{ text: 'abc', cut: false }]);
  });
});
