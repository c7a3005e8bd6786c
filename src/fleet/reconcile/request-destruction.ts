/** Asks for a node’s destruction and adds the job for it, once however many ask. */
import type { NodeRecord } from '../../node/record.js';
import type { ReconcileContext } from './context.js';
import type { Acted } from './rule.js';

export async function requestDestruction(
  { store, jobs }: Pick<ReconcileContext, 'store' | 'jobs'>,
  { id, state, epoch }: NodeRecord,
  reason: string,
): Promise<Acted> {
  const result = await store.transition(id, {
    to: 'DESTRUCTION_REQUESTED',
    actor: 'reconciler',
    expected: [state],
    epoch,
    reason,
  });
  if ('refused' in result || !result.changed) return 'passed';
  await jobs.add(result.node, 'destroy');
  return 'done';
}
