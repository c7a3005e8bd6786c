/**
 * The order in which the nodes of a role serve: least loaded first, with what was handed out since counted as if it had come. Then those of whom
 * nothing is known, which may be the busiest; last those that have fallen silent. Pure but for the places that change hands.
 *
 * Where the ranking counts clients, one that was handed out is one client more. Where it does not (a processor’s load), it moves its node one place
 * down: by the mean distance between two nodes.
 */
import type { Load } from '../groups/expressions.js';
import { isFull, type Rules } from './rules.js';

export interface Standing {
  readonly id: string;
  /** Empty for a node that has never spoken. */
  readonly load: Load;
  readonly isSilent: boolean;
  /** How many clients were handed to it that its load does not have yet. */
  readonly handed: number;
}

const KNOWN = 0;
const UNKNOWN = 1;
const SILENT = 2;

interface Seat extends Standing {
  /** Between equals: every process has an order of its own, so that they do not all begin with the same node. */
  readonly tie: number;
}

interface Place extends Seat {
  readonly band: number;
  readonly ranking: number;
}

export class Order {
  readonly inService: number;
  readonly #rules: Rules;
  /** Between two nodes of which the ranking is known, on average. */
  readonly #distance: number;
  /** The first one serves next. */
  #places: Place[] = [];
  readonly #full = new Map<string, Seat>();

  constructor(rules: Rules, standings: readonly Standing[], random: () => number) {
    this.#rules = rules;
    this.inService = standings.length;
    const rankings = standings.flatMap(({ load }) => rules.rank(load) ?? []);
    const [least, most] = extremes(rankings);
    this.#distance = rankings.length === 0 ? 0 : (most - least) / rankings.length;
    for (const standing of standings) {
      const seat = { ...standing, tie: random() };
      const place = this.#place(seat);
      if (place === undefined) this.#full.set(seat.id, seat);
      else this.#places.push(place);
    }
    this.#places.sort(before);
  }

  /** Nodes at their limit. */
  get full(): number {
    return this.#full.size;
  }

  /** The ids of the next `count` that are not among `except`, each with one client more from now on. */
  take(count: number, except: ReadonlySet<string> = new Set()): readonly string[] {
    const taken: Place[] = [];
    for (const place of this.#places) {
      if (taken.length === count) break;
      if (!except.has(place.id)) taken.push(place);
    }
    for (const place of taken) this.#amend(place.id, { handed: place.handed + 1 });
    return taken.map(({ id }) => id);
  }

  /** One client less. */
  giveBack(id: string): void {
    const seat = this.#seat(id);
    if (seat !== undefined) this.#amend(id, { handed: seat.handed - 1 });
  }

  /** It serves no more. */
  drop(id: string): void {
    this.#full.delete(id);
    const index = this.#places.findIndex((place) => place.id === id);
    if (index >= 0) this.#places.splice(index, 1);
  }

  /** Whether it was, when the order was made. */
  isSilent(id: string): boolean {
    return this.#seat(id)?.isSilent === true;
  }

  /** It has said otherwise since. */
  amend(id: string, said: Pick<Standing, 'load' | 'isSilent'>): void {
    this.#amend(id, said);
  }

  #seat(id: string): Seat | undefined {
    return this.#full.get(id) ?? this.#places.find((place) => place.id === id);
  }

  #amend(id: string, change: Partial<Standing>): void {
    const seat = this.#seat(id);
    if (seat === undefined) return;
    this.drop(id);
    this.#insert({ ...seat, ...change });
  }

  #insert(seat: Seat): void {
    const place = this.#place(seat);
    if (place === undefined) {
      this.#full.set(seat.id, seat);
      return;
    }
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = this.#places[middle];
      if (there !== undefined && before(there, place) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#places.splice(low, 0, place);
  }

  /** Undefined for a node at its limit. */
  #place({ id, load, isSilent, handed, tie }: Seat): Place | undefined {
    const withHanded = handed === 0 ? load : raised(load, handed);
    if (isFull(this.#rules, withHanded)) return undefined;
    const [alone, ranking] = [this.#rules.rank(load), this.#rules.rank(withHanded)];
    const known = alone !== undefined && ranking !== undefined && this.#rules.limit(load) !== undefined;
    const band = isSilent ? SILENT : known ? KNOWN : UNKNOWN;
    const counts = handed === 0 || ranking !== alone;
    const effective = known ? ranking + (counts ? 0 : handed * this.#distance) : handed;
    return { id, load, isSilent, handed, tie, band, ranking: effective };
  }
}

const before = (a: Place, b: Place): number =>
  a.band - b.band || a.ranking - b.ranking || a.handed - b.handed || a.tie - b.tie;

/** Nobody knows yet whether a client sends or receives: each count that the node reports grows. */
function raised(load: Load, by: number): Load {
  const more = (count: number | undefined): number | undefined =>
    count === undefined ? undefined : count + by;
  return {
    ...load,
    connections: more(load.connections),
    publishers: more(load.publishers),
    subscribers: more(load.subscribers),
  };
}

function extremes(values: readonly number[]): readonly [number, number] {
  let [least, most] = [values[0] ?? 0, values[0] ?? 0];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}
