/** Names that a producer in any language needs. */
import type { Operation } from '../node/lifecycle.js';

/** The BullMQ prefix: a hash tag, so that a queue and the store share a slot on a cluster. */
export const QUEUE_PREFIX = '{nodeyard}';

export const QUEUE_NAMES: Readonly<Record<Operation, string>> = {
  create: 'nodeyard-create',
  destroy: 'nodeyard-destroy',
};

/** Where the looks at the fleet are scheduled: the reconciler’s, and those that scale groups. */
export const LOOK_QUEUES = { reconcile: 'nodeyard-reconcile', scale: 'nodeyard-scale' } as const;
export type LookName = keyof typeof LOOK_QUEUES;
