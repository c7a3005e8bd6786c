/**
 * The part of the stream that a webhook is at: which messages may be sent now, and how far everything is dealt with. Messages
 * of one lane go one after another, lanes beside one another, so that a message that fails holds up its own node alone.
 *
 * A message is dealt with when it was delivered, is dead, or is kept by itself to be tried again (*parked*, with those behind
 * it). The cursor stands before the first message that is not; the ones after it that are, are named besides.
 *
 * Pure bookkeeping: it neither sends nor stores.
 */
import type { Mark, Retry } from './deliveries.js';
import { isGivenBack, laneOf } from './letters.js';
import { comparePositions, isPosition } from './positions.js';

export interface Item {
  readonly lane: string;
  /** As the last attempt left it. */
  retry: Retry;
  sending: boolean;
  parked: boolean;
  /** Delivered or dead; in its lane until that is stored. */
  settled: boolean;
  /** When it was taken in: the lower comes first. */
  readonly turn: number;
}

interface Place {
  readonly key: string;
  /** Position of the event before it. */
  readonly before: string;
  isDealtWith: boolean;
}

export interface WindowOptions {
  /** Messages of the stream that it takes in at once. */
  readonly limit: number;
  /** Messages that may be parked before it takes in no more; those that people gave back do not count. */
  readonly mostParked: number;
  readonly mark: Mark;
  /** What is parked already. */
  readonly parked: readonly Retry[];
}

export class Window {
  readonly #limit: number;
  readonly #mostParked: number;
  readonly #lanes = new Map<string, Item[]>();
  readonly #items = new Map<string, Item>();
  /** Messages of the stream in its order, from the first that is not dealt with. */
  readonly #places: Place[] = [];
  /** Dealt with, ahead of what has been read. */
  readonly #beyond: Set<string>;
  #readTo: string;
  #turns = 0;
  #parked = 0;

  constructor({ limit, mostParked, mark, parked }: WindowOptions) {
    this.#limit = limit;
    this.#mostParked = mostParked;
    this.#readTo = mark.cursor;
    this.#beyond = new Set(mark.beyond);
    for (const retry of parked) this.takeBesides(retry);
  }

  /** Position of the last event that was taken in or passed. */
  get readTo(): string {
    return this.#readTo;
  }

  /** How many more messages of the stream it takes. */
  get room(): number {
    return Math.max(0, Math.min(this.#limit - this.#places.length, this.#mostParked - this.#parked));
  }

  has(key: string): boolean {
    return this.#items.has(key);
  }

  /** The next event of the stream, which is not to be delivered. */
  pass(position: string): void {
    this.#readTo = position;
  }

  /** The next event of the stream, as a message to be delivered; its key is the event’s position. */
  take(retry: Retry): void {
    const { key } = retry;
    const isDealtWith = this.#beyond.delete(key) || this.#items.has(key);
    if (!isDealtWith || this.#places.length > 0) {
      this.#places.push({ key, before: this.#readTo, isDealtWith });
    }
    this.#readTo = key;
    if (!isDealtWith) this.#enter(retry);
  }

  /** A parked message: from an earlier session, of a gap, or given back by a person. */
  takeBesides(retry: Retry): void {
    this.#park(this.#enter(retry));
  }

  /** The events before this one are trimmed: what was known of them ahead of the cursor counts no more. */
  skip(until: string): void {
    for (const key of this.#beyond) if (comparePositions(key, until) < 0) this.#beyond.delete(key);
  }

  #enter(retry: Retry): Item {
    const lane = laneOf(retry);
    this.#turns += 1;
    const item: Item = { lane, retry, sending: false, parked: false, settled: false, turn: this.#turns };
    const others = this.#lanes.get(lane);
    if (others === undefined) this.#lanes.set(lane, [item]);
    else others.push(item);
    this.#items.set(retry.key, item);
    return item;
  }

  /** The first of each lane that may be sent now; the oldest first. */
  due(now: number): readonly Item[] {
    return this.#heads()
      .filter(({ sending, retry }) => !sending && retry.notBefore <= now)
      .sort((a, b) => a.turn - b.turn);
  }

  /** When the next of those that wait for their time is due; Infinity without one. */
  nextDueAt(now: number): number {
    const waiting = this.#heads().filter(({ sending, retry }) => !sending && retry.notBefore > now);
    return Math.min(Number.POSITIVE_INFINITY, ...waiting.map(({ retry }) => retry.notBefore));
  }

  /** Those that wait behind a message that has failed, and are not parked. */
  heldUp(): readonly Item[] {
    const failed = [...this.#lanes.values()].filter(([head]) => (head?.retry.attempts ?? 0) > 0);
    return failed.flatMap((lane) => lane.filter(({ parked }) => !parked));
  }

  /** They are kept by themselves from now on. */
  park(items: readonly Item[]): void {
    for (const item of items) {
      if (!item.parked) this.#park(item);
      this.#dealtWith(item.retry.key);
    }
  }

  /** It was delivered or is dead: the mark counts it, its lane waits until that is stored. */
  settle(item: Item): void {
    const { key } = item.retry;
    item.settled = true;
    this.#dealtWith(key);
    if (isPosition(key) && comparePositions(key, this.#readTo) > 0) this.#beyond.add(key);
  }

  /** Lets the next one of its lane go. */
  leave(item: Item): void {
    const { lane, retry, parked } = item;
    const rest = (this.#lanes.get(lane) ?? []).filter((each) => each !== item);
    if (rest.length === 0) this.#lanes.delete(lane);
    else this.#lanes.set(lane, rest);
    this.#items.delete(retry.key);
    if (parked && !isGivenBack(retry)) this.#parked -= 1;
  }

  mark(): Mark {
    const [first] = this.#places;
    const ahead = this.#places.filter(({ isDealtWith }) => isDealtWith).map(({ key }) => key);
    const cursor = first?.before ?? this.#readTo;
    const waiting = [...this.#lanes.values()].flatMap(
      (lane) => lane.find(({ settled, retry }) => !settled && !isGivenBack(retry)) ?? [],
    );
    const oldestAt = Math.min(...waiting.map(({ retry }) => retry.message.at));
    return { cursor, beyond: [...ahead, ...this.#beyond], ...(waiting.length === 0 ? {} : { oldestAt }) };
  }

  #park(item: Item): void {
    item.parked = true;
    if (!isGivenBack(item.retry)) this.#parked += 1;
  }

  #dealtWith(key: string): void {
    const place = this.#places.find((each) => each.key === key);
    if (place !== undefined) place.isDealtWith = true;
    while (this.#places[0]?.isDealtWith === true) this.#places.shift();
  }

  #heads(): Item[] {
    return [...this.#lanes.values()].flatMap(([head]) => (head === undefined ? [] : [head]));
  }
}
