/**
 * A destruction that failed may cost money, so it is tried again, for ever, at growing intervals, until the cloud confirms
 * it. The store keeps the schedule. The tries themselves are quiet; at growing ages there is an alarm, once each, in the log
 * and in the node’s history.
 */

import { age } from '../../age.js';
import { ERROR_KINDS } from '../../errors.js';
import type { NodeRecord } from '../../node/record.js';
import { type Alarm, lastAlarm } from './alarm.js';
import type { ReconcileContext } from './context.js';
import { requestDestruction } from './request-destruction.js';
import { defineRule, type Finding } from './rule.js';

const BATCH = 200;

interface FailedDestroy extends Finding {
  readonly node: NodeRecord;
  readonly alarm: Alarm | undefined;
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
        alarm: lastAlarm(ageMs),
      };
    });
  },

  async act(context, finding) {
    const { node, reason } = finding;
    const acted = await requestDestruction(context, node, reason);
    if (acted !== 'done') return acted;
    const raised = await raiseAlarm(context, finding);
    context.log[raised ?? 'info']({ nodeId: node.id, reason }, 'trying a failed destroy again');
    return acted;
  },
});

/** Answers how loud it is; undefined where none has come due since the last one. */
async function raiseAlarm(
  { store }: ReconcileContext,
  { node, alarm, reason }: FailedDestroy,
): Promise<Alarm['level'] | undefined> {
  if (alarm === undefined) return undefined;
  const word = alarm.level === 'error' ? 'ALARM' : 'warning';
  const { mend } = ERROR_KINDS[node.failure?.code ?? 'UNKNOWN'];
  const raised = await store.raiseAlarm(node.id, {
    alarm: alarm.atMs,
    actor: 'reconciler',
    reason: `${word}, it may still cost money: ${reason}. ${mend}`,
  });
  return raised ? alarm.level : undefined;
}
