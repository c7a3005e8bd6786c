/** What the states of a node hold: the canonical one, and those in quarantine, which are destroyed by whoever works them off. */
import { resourceIds } from './document.js';
import type { StateRepository } from './repository.js';

/** Ids as the cloud gave them. Throws REDIS_UNAVAILABLE, STATE_UNREADABLE. */
export async function idsInStates(
  states: Pick<StateRepository, 'load' | 'quarantined' | 'loadQuarantined'>,
  nodeId: string,
): Promise<ReadonlySet<string>> {
  const quarantined = await states.quarantined(nodeId);
  const documents = await Promise.all([
    states.load(nodeId),
    ...quarantined.map(({ epoch }) => states.loadQuarantined(nodeId, epoch)),
  ]);
  return new Set(
    documents.flatMap((stored) => (stored === undefined ? [] : [...resourceIds(stored.document)])),
  );
}
