/** How an operation ended, for whoever drives it: a queue’s worker, a test, a command. */
import type { Failure, NodeRecord } from '../node/record.js';

export type Outcome =
  /** The node is where the job wanted it, or further; nothing is left to do for this job. */
  | { readonly kind: 'settled'; readonly node: NodeRecord }
  /** The job has to come again after `delayMs`. */
  | { readonly kind: 'later'; readonly delayMs: number; readonly why: string }
  /** Failed for good; the node says so, if there is a node. */
  | {
      readonly kind: 'failed';
      readonly failure: Pick<Failure, 'code' | 'message'>;
      readonly node?: NodeRecord;
    };

export const settled = (node: NodeRecord): Outcome => ({ kind: 'settled', node });
export const later = (delayMs: number, why: string): Outcome => ({ kind: 'later', delayMs, why });
