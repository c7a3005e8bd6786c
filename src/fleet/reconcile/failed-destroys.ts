/**
 * A destruction that failed may cost money, so it is tried again, for ever, at growing intervals, until the cloud confirms
 * it. The store keeps the schedule; the warning grows louder with the age.
 */

import { age } from '../../age.js';
import type { NodeRecord } from '../../node/record.js';
import { requestDestruction } from './request-destruction.js';
import { defineRule, type Finding } from './rule.js';

const BATCH = 200;
const WARN_AFTER_MS = 3_600_000;
const ERROR_AFTER_MS = 24 * 3_600_000;

interface FailedDestroy extends Finding {
  readonly node: NodeRecord;
  readonly ageMs: number;
}

export const failedDestroys = defineRule<FailedDestroy>('failed-destroys', {
  async find({ store, now }) {
    const nodes = await store.destroysToRetry(BATCH);
    return nodes.map((node): FailedDestroy => {
      const { count = 1, since = node.since } = node.failedDestroys ?? {};
      const ageMs = Math.max(0, now() - since);
      const times = count === 1 ? 'once' : `${count} times`;
      const why = `${node.failure?.code ?? 'UNKNOWN'}: ${node.failure?.message ?? ''}`;
      return {
        rule: 'failed-destroys',
        nodeId: node.id,
        action: 'destroy again',
        reason: `its destruction has failed ${times} in ${age(ageMs)}, the last time by ${why}`,
        node,
        ageMs,
      };
    });
  },

  async act(context, { node, reason, ageMs }) {
    const acted = await requestDestruction(context, node, reason);
    if (acted === 'done')
      context.log[loudness(ageMs)]({ nodeId: node.id, reason }, 'trying a failed destroy again');
    return acted;
  },
});

export function loudness(ageMs: number): 'info' | 'warn' | 'error' {
  if (ageMs >= ERROR_AFTER_MS) return 'error';
  return ageMs >= WARN_AFTER_MS ? 'warn' : 'info';
}
