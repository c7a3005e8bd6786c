import { describe, expect, test } from 'vitest';
import { byRound, differenceOf, formatSpread, ratioOf, spreadOf } from '../../bench/statistics.js';

describe('a spread', () => {
  test('tells the middle and the extremes, whatever the order of the values', () => {
    expect(spreadOf([9, 1, 10])).toEqual({ median: 9, min: 1, max: 10 });
  });

  test('of an even number of values has its middle between the two in the middle', () => {
    expect(spreadOf([4, 1, 3, 100])).toEqual({ median: 3.5, min: 1, max: 100 });
  });

  test('leaves the values as they were', () => {
    const values = [3, 1, 2];
    spreadOf(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test('of nothing is refused', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });

  test('is written as its median with the extremes in parentheses, to the digits asked for', () => {
    expect(formatSpread({ median: 2, min: 1.25, max: 3.456 }, 2)).toBe('2.00 (1.25–3.46)');
    expect(formatSpread({ median: 2.4, min: 1, max: 3.6 })).toBe('2 (1–4)');
  });
});

describe('a comparison', () => {
  test('is made round by round, so that a slow round of both sides changes no ratio', () => {
    expect(ratioOf([20, 200, 30], [10, 100, 10])).toEqual({ median: 2, min: 2, max: 3 });
  });

  test('tells differences the same way', () => {
    expect(differenceOf([20, 200], [10, 150])).toEqual({ median: 30, min: 10, max: 50 });
  });

  test('of sides that have not run the same rounds is refused', () => {
    expect(() => byRound([1, 2], [1], (ours) => ours)).toThrow(RangeError);
  });
});
