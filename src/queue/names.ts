/** Names that a producer in any language needs. */
import type { Operation } from '../node/lifecycle.js';

/** The BullMQ prefix: a hash tag, so that a queue and the store share a slot on a cluster. */
export const QUEUE_PREFIX = '{nodeyard}';

export const QUEUE_NAMES: Readonly<Record<Operation, string>> = {
  create: 'nodeyard-create',
  destroy: 'nodeyard-destroy',
};

/** Where the reconciler’s looks at the fleet are scheduled. */
export const RECONCILE_QUEUE = 'nodeyard-reconcile';
