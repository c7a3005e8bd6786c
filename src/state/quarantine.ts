/**
 * Work on quarantined documents. Who wants to destroy what one holds claims it first: of two, one gets the claim, and a
 * claim that is not renewed ends by itself. The run that wrote the document may still be alive and write a newer one; that
 * always wins, because it may know of a resource that nobody else knows. What a destroy writes back only ever holds less,
 * so losing it costs nothing but another look. Everything throws REDIS_UNAVAILABLE while Redis is away.
 */
import type { StoredState } from './repository.js';

export interface QuarantinePlace {
  readonly nodeId: string;
  readonly epoch: number;
}

/** Proof that one is at an entry. */
export interface QuarantineClaim extends QuarantinePlace {
  /** Grows with every claim of the entry: how often somebody has tried. */
  readonly number: number;
  readonly holder: string;
  /** Which of the stale run’s documents was claimed. */
  readonly base: number;
}

export interface ClaimedEntry {
  readonly claim: QuarantineClaim;
  readonly stored: StoredState;
  /** Text of cdk.tf.json that made what the document holds, where it is kept. */
  readonly configuration?: string;
}

export interface Quarantine {
  /** How many entries there are, claimed or not. */
  count(): Promise<number>;
  /** Entries that nobody has looked after for longer than that; the longest first. `limit` 1–1000. */
  unattended(limit: number, olderThanMs: number): Promise<readonly QuarantinePlace[]>;
  /** `held`: somebody else is at it; `unknown`: it has ended. Throws STATE_UNREADABLE. */
  claim(
    place: QuarantinePlace,
    lease: { readonly holder: string; readonly leaseMs: number },
  ): Promise<ClaimedEntry | 'held' | 'unknown'>;
  /** False when the claim is another’s by now. */
  renew(claim: QuarantineClaim, leaseMs: number): Promise<boolean>;
  /** Writes what is left of the document. False when the claim is another’s, or a newer document has come. */
  amend(claim: QuarantineClaim, document: Uint8Array): Promise<boolean>;
  /** Ends the entry: what the document held is gone or owned. False as above. */
  end(claim: QuarantineClaim): Promise<boolean>;
  /** Gives the claim back; until `waitMs` have passed nobody is told of the entry. */
  release(claim: QuarantineClaim, waitMs: number): Promise<boolean>;
  /** Keeps the configuration beside the document, for when neither node nor stack are there any more. */
  keepConfiguration(place: QuarantinePlace, text: string): Promise<boolean>;
}
