/** What a run has lost sight of: a refresh that meets "not found" takes a resource out of the state, whether or not it is gone. */
import { identityKey, instancesOf, resourceIdentities } from './document.js';

/**
 * Addresses of the managed instances that stand in the document before the run, not in the one after it, and that the run did not
 * delete. Throws STATE_UNREADABLE.
 */
export function lostBetween(
  before: Uint8Array,
  after: Uint8Array,
  deleted: readonly string[],
): readonly string[] {
  const held = resourceIdentities(after);
  const gone = new Set(deleted);
  return instancesOf(before)
    .filter((entry) => entry.managed && !gone.has(entry.address) && !held.has(identityKey(entry)))
    .map(({ address }) => address);
}
