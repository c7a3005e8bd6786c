import { describe, expect, test } from 'vitest';
import { interleave } from '../../bench/measure.js';

const never = new AbortController().signal;

function recordedSides(names: readonly string[]) {
  const order: string[] = [];
  const sides = Object.fromEntries(
    names.map((name) => [
      name,
      async () => {
        order.push(name);
        return order.length;
      },
    ]),
  );
  return { order, sides };
}

describe('interleaved rounds', () => {
  test('run every side once per round, each round beginning with another one', async () => {
    const { order, sides } = recordedSides(['a', 'b', 'c']);
    const samples = await interleave(sides, { rounds: 3, warmups: 0, signal: never });
    expect(order.join('')).toBe('abcbcacab');
    expect(samples).toEqual({ a: [1, 6, 8], b: [2, 4, 9], c: [3, 5, 7] });
  });

  test('leave the warm-ups out of the samples and of what is told', async () => {
    const { order, sides } = recordedSides(['a', 'b']);
    const told: number[] = [];
    const onRound = (round: number): void => void told.push(round);
    const samples = await interleave(sides, { rounds: 1, warmups: 2, signal: never, onRound });
    expect(order).toHaveLength(6);
    expect(samples).toEqual({ a: [5], b: [6] });
    expect(told).toEqual([1]);
  });

  test('stop before the next side when they are interrupted', async () => {
    const interrupt = new AbortController();
    let ran = 0;
    const side = async (): Promise<void> => {
      ran += 1;
      interrupt.abort(new Error('interrupted'));
    };
    const rounds = interleave({ side, other: side }, { rounds: 5, warmups: 0, signal: interrupt.signal });
    await expect(rounds).rejects.toThrow('interrupted');
    expect(ran).toBe(1);
  });

  test('end with the first error of a side', async () => {
    const side = async (): Promise<void> => {
      throw new Error('no terraform');
    };
    await expect(interleave({ side }, { rounds: 2, warmups: 0, signal: never })).rejects.toThrow(
      'no terraform',
    );
  });
});
