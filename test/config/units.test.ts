import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration, parseSize } from '../../src/config/units.js';

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['1500', 1_500],
    [1500, 1_500],
    [' 10 M ', 600_000],
  ])('%j is %d ms', (written, ms) => {
    expect(parseDuration(written)).toBe(ms);
  });

  it.each(['', 'soon', '10 minutes', '-5s', '1e3', '5s5s', 'Infinity', Number.NaN, -1])(
    '%j is none',
    (written) => {
      expect(parseDuration(written)).toBeUndefined();
    },
  );

  it('are read back as they are written', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 12), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('sizes', () => {
  it.each([
    ['256MiB', 268_435_456],
    ['64kib', 65_536],
    ['1GiB', 1_073_741_824],
    ['4096', 4_096],
    [4096, 4_096],
  ])('%j is %d bytes', (written, bytes) => {
    expect(parseSize(written)).toBe(bytes);
  });

  it.each(['', '256MB', '12 parsecs', '-1'])('%j is none', (written) => {
    expect(parseSize(written)).toBeUndefined();
  });
});
