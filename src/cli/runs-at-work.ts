/** The Terraform runs of this very process, for a person who waits for their end. */
import { currentOwner } from '../state/owner.js';
import { listRunDirectories } from '../state/run-directory.js';
import type { RunMeta } from '../state/run-meta.js';

/** Runs whose directory is still there: Terraform is at work, or its state is not stored yet. */
export async function runsAtWork(root: string): Promise<readonly RunMeta[]> {
  const self = currentOwner();
  const { runs } = await listRunDirectories(root);
  return runs
    .map(({ meta }) => meta)
    .filter(
      ({ owner }) => owner.pid === self.pid && owner.startedAt === self.startedAt && owner.boot === self.boot,
    );
}

/** `a1b2c3 (create), d4e5f6 (destroy)`, the rest counted. */
export function namesOf(runs: readonly RunMeta[], most = 10): string {
  const names = runs.map(({ members: [first], operation }) => `${first.nodeId} (${operation})`);
  const rest = names.length - most;
  return [...names.slice(0, most), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}
