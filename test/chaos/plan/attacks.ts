/**
 * What is done to the processes and the machine, and when. Attacks come at a steady beat, so that the fleet is always under
 * some and never under all; which one is drawn from bags, so that a short run has some of everything.
 */
import { Dice } from '../dice.js';

/** `pick` (0 ≤ x < 1) chooses among what is there when the time has come; `forMs` is how long the effect lasts. */
interface Aimed {
  readonly atMs: number;
  readonly pick: number;
  readonly forMs: number;
}

export type PlannedAttack = Aimed &
  (
    | { readonly on: 'worker'; readonly how: 'kill' | 'term' | 'stop' }
    | { readonly on: 'terraform' | 'guard' | 'provider'; readonly how: 'kill' | 'stop' }
    | { readonly on: 'redis'; readonly how: 'kill' | 'term' | 'stop' }
    | { readonly on: 'connections'; readonly how: 'cut' }
    | { readonly on: 'disk'; readonly how: 'fill' }
  );

type Kind = PlannedAttack extends infer A
  ? A extends Aimed
    ? Omit<A, keyof Aimed> & { readonly forMs: readonly [number, number] }
    : never
  : never;

const BEAT_MS = 3_500;
/** Nothing is attacked before there is something to attack. */
const FIRST_MS = 2_000;

/** Shorter and longer than the lease that workers have here (settings.ts). */
const SHORT = [500, 5_000] as const;
const LONG = [10_000, 16_000] as const;
const RESTART = [200, 4_000] as const;

const WORKER: readonly Kind[] = [
  { on: 'worker', how: 'kill', forMs: RESTART },
  { on: 'worker', how: 'kill', forMs: RESTART },
  { on: 'worker', how: 'kill', forMs: LONG },
  { on: 'worker', how: 'term', forMs: RESTART },
  { on: 'worker', how: 'stop', forMs: SHORT },
  { on: 'worker', how: 'stop', forMs: LONG },
];
const RUN: readonly Kind[] = [
  { on: 'provider', how: 'kill', forMs: [0, 0] },
  { on: 'provider', how: 'kill', forMs: [0, 0] },
  { on: 'provider', how: 'stop', forMs: SHORT },
  { on: 'terraform', how: 'kill', forMs: [0, 0] },
  { on: 'terraform', how: 'kill', forMs: [0, 0] },
  { on: 'terraform', how: 'stop', forMs: SHORT },
  { on: 'terraform', how: 'stop', forMs: LONG },
  { on: 'guard', how: 'kill', forMs: [0, 0] },
  { on: 'guard', how: 'stop', forMs: SHORT },
];
const REDIS: readonly Kind[] = [
  { on: 'redis', how: 'kill', forMs: RESTART },
  { on: 'redis', how: 'term', forMs: RESTART },
  { on: 'redis', how: 'stop', forMs: SHORT },
  { on: 'redis', how: 'stop', forMs: LONG },
];
const CONNECTIONS: readonly Kind[] = [{ on: 'connections', how: 'cut', forMs: [0, 0] }];
const DISK: readonly Kind[] = [
  { on: 'disk', how: 'fill', forMs: SHORT },
  { on: 'disk', how: 'fill', forMs: LONG },
];

export function planAttacks(seed: string, attackMs: number): PlannedAttack[] {
  const dice = new Dice(seed, 'attacks');
  const [worker, run, redis, connections, disk] = [WORKER, RUN, REDIS, CONNECTIONS, DISK].map((kinds) =>
    dice.bag(kinds),
  );
  const round = dice.bag([worker, worker, run, run, run, redis, connections, disk]);
  const attacks: PlannedAttack[] = [];
  for (let beat = FIRST_MS; beat < attackMs; beat += BEAT_MS) {
    const kind = round.next().value?.next().value;
    if (kind === undefined) continue;
    const forMs = dice.between(...kind.forMs);
    attacks.push({ ...kind, atMs: beat + dice.between(0, BEAT_MS - 1), pick: dice.number(), forMs });
  }
  return attacks.filter(({ atMs }) => atMs < attackMs);
}
