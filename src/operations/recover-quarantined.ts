/** Brings home a run that was destroying what a quarantined document holds, and gives its claim back. */
import type { Log } from '../log.js';
import type { Quarantine } from '../state/quarantine.js';
import { recoverDirectory } from '../state/recover-directory.js';
import type { RunDirectory } from '../state/run-directory.js';
import type { NodeStore } from '../store/store.js';

export interface QuarantinedRunParts {
  readonly store: Pick<NodeStore, 'note'>;
  readonly quarantine: Pick<Quarantine, 'amend' | 'release'>;
  readonly log: Log;
}

/** Answers false for a run of another kind. What cannot be written back is only what is gone already. */
export async function recoverQuarantined(
  { store, quarantine, log }: QuarantinedRunParts,
  directory: RunDirectory,
): Promise<boolean> {
  const { quarantine: claimed, members, runId } = directory.meta;
  if (claimed === undefined) return false;
  const [{ nodeId, epoch, holder }] = members;
  const claim = { nodeId, epoch, holder, ...claimed };
  const { document } = await recoverDirectory(directory);
  const amended = document !== undefined && (await quarantine.amend(claim, document));
  log.info({ nodeId, epoch, runId, amended }, 'recovered a run on a quarantined state');
  await store.note(nodeId, {
    actor: 'reconciler',
    reason: `recovered a run on the quarantined state of epoch ${epoch}; it is tried again`,
  });
  await quarantine.release(claim, 0);
  return true;
}
