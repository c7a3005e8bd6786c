/** Who hears how operations went: the metrics of a worker. What listens must not throw, and decides nothing. */
import type { ErrorCode } from '../errors.js';
import type { Operation } from '../node/lifecycle.js';
import type { Outcome } from './outcome.js';
import type { Session } from './session.js';
import type { Verdict } from './verdict.js';

/**
 * `done`: the node is where the job wanted it. `postponed`: the job comes again. `stopped`: a shutdown, a cancellation or a lost
 * lease ended it. `failed`: for good. `broken`: by an error that nobody foresaw.
 */
export const RUN_OUTCOMES = ['done', 'postponed', 'stopped', 'failed', 'broken'] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** One operation on one node, from the lease that it took to the lease that it gave back. */
export interface EndedRun {
  readonly operation: Operation;
  /** As the request named it; the catalog may not know it. */
  readonly stack: string;
  readonly outcome: RunOutcome;
  readonly ms: number;
  readonly leaseLost: boolean;
}

/** One process of Terraform; an operation may need several. */
export interface EndedTerraform {
  readonly operation: Operation;
  /** Undefined where there is no record of the node. */
  readonly stack: string | undefined;
  /** See RunResult; undefined where nobody could look. */
  readonly peakMemoryBytes: number | undefined;
}

export interface OperationListener {
  runEnded(run: EndedRun): void;
  terraformEnded(terraform: EndedTerraform): void;
  /** An attempt failed, and was judged. */
  judged(failure: {
    readonly operation: Operation;
    readonly code: ErrorCode;
    readonly verdict: Verdict['kind'];
  }): void;
}

/** `outcome` is undefined where the operation threw. */
export const endedRun = (
  { node, operation, stopReason }: Pick<Session, 'node' | 'operation' | 'stopReason'>,
  outcome: Outcome | undefined,
  ms: number,
): EndedRun => ({
  operation,
  stack: node.stack,
  outcome: outcomeOf(outcome, stopReason !== undefined),
  ms,
  leaseLost: stopReason === 'lease-lost',
});

function outcomeOf(outcome: Outcome | undefined, stopped: boolean): RunOutcome {
  switch (outcome?.kind) {
    case undefined:
      return 'broken';
    case 'failed':
      return 'failed';
    case 'later':
      return stopped ? 'stopped' : 'postponed';
    case 'settled':
      // Terraform may finish its work although it was told to stop.
      return stopped && !REACHED.includes(outcome.node.state) ? 'stopped' : 'done';
  }
}

const REACHED: readonly string[] = ['CREATED', 'DESTROYED'];
