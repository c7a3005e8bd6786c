/**
 * What a Terraform run needs of the work that it is a part of: an operation on a node, or the destruction of what a
 * quarantined document holds.
 */
import type { Log } from '../log.js';
import type { Operation } from '../node/lifecycle.js';
import type { Progress, ResourceId } from '../node/record.js';
import type { QuarantineClaim } from '../state/quarantine.js';
import type { StopReason } from './run-stop.js';

/** A job as far as an operation needs to know it: so that a dead worker’s job can be given back by its token. */
export interface JobRef {
  readonly queue: string;
  readonly id: string;
  readonly token: string;
}

export interface RunSession {
  readonly operation: Operation;
  readonly nodeId: string;
  /** Of the node; undefined where its record may be gone. */
  readonly stack: string | undefined;
  /** The epoch that the run’s state belongs to. */
  readonly epoch: number;
  /** Of the lease, or of the claim. */
  readonly holder: string;
  /** Where the run works on a quarantined document instead of the canonical one. */
  readonly claim?: QuarantineClaim;
  readonly job: JobRef | undefined;
  readonly log: Log;
  /** Fires when even storing must be given up. */
  readonly abandon: AbortSignal | undefined;
  /** Why the work has to end, once it has. */
  readonly stopReason: StopReason | undefined;
  /** Ties the Terraform that runs now to the stop of the work. */
  whileRunning<T>(stop: (reason: StopReason) => void, work: Promise<T>): Promise<T>;
  nextFirstSequence(): number;
  noteResource(resource: ResourceId): void;
  forgetResource(address: string): void;
  /** A run has ended, and what it made may not all stand in its state. */
  noteUnsure(): void;
  note(reason: string): Promise<void>;
  logLines(lines: readonly string[]): void;
  report(progress: Progress): void;
}
