/** A state that lasts longer than its limit ends in FAILED. A node whose run is alive is never given up. */

import { age } from '../../age.js';
import type { NodeState } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import { defineRule, type Finding } from './rule.js';

const BATCH = 200;

interface Overdue extends Finding {
  readonly node: NodeRecord;
  readonly message: string;
}

export const timeLimits = defineRule<Overdue>('time-limits', {
  async find({ store, settings }) {
    const found: Overdue[] = [];
    for (const [state, limitMs] of Object.entries(settings.limitsMs) as [NodeState, number][]) {
      for (const node of await store.overdue(state, limitMs, BATCH)) {
        const message = `${state} for longer than ${age(limitMs)}, its time limit`;
        found.push({ rule: 'time-limits', nodeId: node.id, action: 'fail', reason: message, node, message });
      }
    }
    return found;
  },

  async act({ store }, { node, message }) {
    const { state, epoch, attempts, lastError } = node;
    const last = lastError === undefined ? '' : `; the last attempt: ${lastError.code}: ${lastError.message}`;
    const result = await store.transition(node.id, {
      to: 'FAILED',
      actor: 'reconciler',
      // A run that has begun since has another epoch, and is none that may be given up.
      expected: [state],
      epoch,
      reason: message,
      failure: {
        operation: 'timeout',
        code: 'OVERDUE',
        message: `${message}${last}`,
        diagnostics: [],
        retryable: false,
        attempts,
      },
    });
    return 'refused' in result ? 'passed' : 'done';
  },
});
