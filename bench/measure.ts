/**
 * Rounds in which every side runs once, each time beginning with another one: what disturbs the machine for a while, and
 * what one side leaves in the caches for the next, hits all sides alike.
 */

export type Side<Sample> = () => Promise<Sample>;

export interface Rounds {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them that do not. */
  readonly warmups: number;
  readonly signal: AbortSignal;
  /** Hears of every round before it begins, `round` from 1; warm-ups are not told. */
  readonly onRound?: (round: number) => void;
}

/** Samples by side, in the order of the rounds. Rejects with the first error, or with the signal’s reason. */
export async function interleave<Name extends string, Sample>(
  sides: Readonly<Record<Name, Side<Sample>>>,
  { rounds, warmups, signal, onRound }: Rounds,
): Promise<Readonly<Record<Name, readonly Sample[]>>> {
  const names = Object.keys(sides) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Sample[]>;
  for (let round = 0; round < warmups + rounds; round += 1) {
    if (round >= warmups) onRound?.(round - warmups + 1);
    for (let turn = 0; turn < names.length; turn += 1) {
      signal.throwIfAborted();
      const name = names[(round + turn) % names.length] as Name;
      const sample = await sides[name]();
      if (round >= warmups) samples[name].push(sample);
    }
  }
  return samples;
}

/** Milliseconds that the work took. */
export async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
