/**
 * What a session knows of everything that the runs of its node ever made: whether all of it stands in a state, or is gone. Only a
 * run that has ended well, and one that has begun nothing, is sure of what it made; the rest knows only the cloud.
 */
import type { NodeRecord } from '../node/record.js';
import type { Accounting } from '../store/store.js';

export interface RunAccountingParts {
  /** As its begin has left it. */
  readonly node: Pick<NodeRecord, 'accounted' | 'runEndedAt' | 'updatedAt'>;
  readonly epoch: number;
  /** When the lease was asked for, on that clock. */
  readonly takenAt: number;
  /** Milliseconds, never going back. */
  readonly monotonic: () => number;
}

export class RunAccounting {
  readonly #parts: RunAccountingParts;
  #earlier: boolean;
  /** When the last run of this session ended that is not sure; absent while there is none. */
  #unsureAt: number | undefined;

  constructor(parts: RunAccountingParts) {
    this.#parts = parts;
    this.#earlier = parts.node.accounted >= parts.epoch - 1;
  }

  get complete(): boolean {
    return this.#earlier && this.#unsureAt === undefined;
  }

  /** A run of this session has ended and is not sure of what it made. */
  noteUnsure(): void {
    this.#unsureAt = this.#parts.monotonic();
  }

  /** The cloud was asked, and what no state held is gone. */
  noteAsked(): void {
    this.#earlier = true;
    this.#unsureAt = undefined;
  }

  /** How long ago (ms) the last run ended that is not sure, at least: the cloud may still be about to show what it made. */
  quietMs(): number {
    const { node, takenAt, monotonic } = this.#parts;
    if (this.#unsureAt !== undefined) return monotonic() - this.#unsureAt;
    // Both are times of Redis, whose clock alone counts.
    const atBegin = node.runEndedAt === undefined ? 0 : node.updatedAt - node.runEndedAt;
    return Math.max(0, atBegin) + monotonic() - takenAt;
  }

  /** For the end of the session. */
  get made(): Accounting {
    return { earlier: this.#earlier, own: this.#unsureAt === undefined };
  }
}
