/** Chance that can be repeated: a stream of numbers that follows from a seed and a name alone. */
import { createHash } from 'node:crypto';

export class Dice {
  readonly #name: string;
  #thrown = 0;

  /** Parts of a plan throw dice of their own, so that a change of one leaves the others as they were. */
  constructor(seed: string, of: string) {
    this.#name = JSON.stringify([seed, of]);
  }

  /** 0 ≤ x < 1. */
  number(): number {
    this.#thrown += 1;
    return createHash('sha256').update(`${this.#name} ${this.#thrown}`).digest().readUInt32BE(0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.number() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.number() < probability;
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, order: this.number() }))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }

  /** Draws without end and without favour: each of the list once, in any order, before one comes again. */
  *bag<T>(list: readonly T[]): Generator<T, never> {
    if (list.length === 0) throw new Error('a bag must hold something');
    for (;;) yield* this.shuffled(list);
  }
}
