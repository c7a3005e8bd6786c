/** How often the walks have met what they are there for: a model that never reaches the hard cases proves nothing. */

export class Coverage {
  readonly #counts = new Map<string, number>();

  count(what: string): void {
    this.#counts.set(what, this.of(what) + 1);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Sum of everything that fits. */
  sum(fits: RegExp): number {
    let sum = 0;
    for (const [what, count] of this.#counts) if (fits.test(what)) sum += count;
    return sum;
  }

  /** By name. */
  get all(): readonly (readonly [what: string, count: number])[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
