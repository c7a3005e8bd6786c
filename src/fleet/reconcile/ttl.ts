/** A node past its time to live is destroyed, and warned of some time before. */

import { age } from '../../age.js';
import type { NodeRecord } from '../../node/record.js';
import { requestDestruction } from './request-destruction.js';
import { defineRule, type Finding } from './rule.js';

const BATCH = 200;

interface Expiry extends Finding {
  readonly node: NodeRecord;
  readonly ended: boolean;
}

export const ttl = defineRule<Expiry>('ttl', {
  async find({ store, settings, now }) {
    const expired = await store.expired(BATCH);
    const ended = new Set(expired.map(({ id }) => id));
    const expiring = (await store.expiring(BATCH, settings.ttlWarningMs)).filter(({ id }) => !ended.has(id));
    return [
      ...expired.map((node): Expiry => {
        const reason = `its time to live of ${age((node.ttl ?? 0) * 1_000)} has ended`;
        return { rule: 'ttl', nodeId: node.id, action: 'destroy', reason, node, ended: true };
      }),
      ...expiring.map((node): Expiry => {
        const left = age(Math.max(0, (node.expiresAt ?? 0) - now()));
        const reason = `its time to live ends in ${left}; it will be destroyed then`;
        return { rule: 'ttl', nodeId: node.id, action: 'warn', reason, node, ended: false };
      }),
    ];
  },

  async act(context, { node, reason, ended }) {
    if (ended) return requestDestruction(context, node, reason);
    const warned = await context.store.warnOfExpiry(node.id, { actor: 'reconciler', reason });
    return warned ? 'done' : 'passed';
  },
});
