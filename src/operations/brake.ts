/**
 * Fewer runs at once for an account whose cloud says that it is called too often. Backing off one node does not help while
 * seven others go on calling: a throttled answer halves what may run for the account, each success lets one part more in,
 * and an account that has recovered is forgotten (additive increase, multiplicative decrease, as in TCP).
 */

export type RunEnd = 'succeeded' | 'throttled' | 'other';

interface Account {
  running: number;
  /** Runs that may be at work at once; Infinity while the brake is off. */
  limit: number;
}

export class AccountBrake {
  readonly #accounts = new Map<string, Account>();
  readonly #mostRuns: number;

  /** `mostRuns`: what the worker runs at once; an account with as much room as that is free. */
  constructor(mostRuns: number) {
    this.#mostRuns = mostRuns;
  }

  /** Whether any account is braked; asked first, because the account of a node costs a look at its record. */
  get engaged(): boolean {
    return [...this.#accounts.values()].some(({ limit }) => limit < this.#mostRuns);
  }

  mayStart(key: string): boolean {
    const account = this.#accounts.get(key);
    return account === undefined || account.running < Math.floor(account.limit);
  }

  /** Counts a run for its account while it lasts; `endOf` says what its result tells of the account. */
  async during<T>(key: string, run: () => Promise<T>, endOf: (result: T) => RunEnd): Promise<T> {
    this.started(key);
    let end: RunEnd = 'other';
    try {
      const result = await run();
      end = endOf(result);
      return result;
    } finally {
      this.ended(key, end);
    }
  }

  started(key: string): void {
    const account = this.#accounts.get(key) ?? { running: 0, limit: Number.POSITIVE_INFINITY };
    account.running += 1;
    this.#accounts.set(key, account);
  }

  ended(key: string, end: RunEnd): void {
    const account = this.#accounts.get(key);
    if (account === undefined) return;
    if (end === 'throttled') account.limit = Math.max(1, Math.min(account.limit, account.running) / 2);
    if (end === 'succeeded') account.limit += 1 / Math.max(1, account.limit);
    account.running -= 1;
    const free = account.limit >= this.#mostRuns;
    if (free && account.running <= 0) this.#accounts.delete(key);
  }
}
