/** What a plan would take away although nobody asked for it: the guard of a create that is tried again. */
import type { PlannedChange } from './messages.js';

/** What a failed or killed run left half made is tainted, and its replacement is what the retry is for. */
const ASKED_REASONS: readonly string[] = ['tainted', 'replace_because_tainted'];
/** `delete` ends a resource; `remove` and `forget` leave it in the cloud with nobody to remember it. */
const LOSING_ACTIONS: readonly string[] = ['delete', 'replace', 'remove', 'forget'];

/** Addresses that the plan would delete, replace or forget without being tainted; empty = safe to apply. */
export function findUnaskedLosses(
  planned: readonly Pick<PlannedChange, 'resource' | 'action' | 'reason'>[],
): string[] {
  return planned
    .filter(({ action, reason }) => LOSING_ACTIONS.includes(action) && !ASKED_REASONS.includes(reason ?? ''))
    .map(({ resource }) => resource.address);
}
