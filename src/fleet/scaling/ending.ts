/** The end of a group: all its nodes are destroyed, whatever its settings say, and it is removed when the last of them is gone. */
import { NodeyardError } from '../../errors.js';
import type { Group } from '../../groups/groups.js';
import type { DoneAct } from './acts.js';
import type { ScalingParts } from './context.js';

const WHY = 'its group is being deleted';

/** Whoever read the group a moment before its end may still ask for a node a moment after it. */
const LATE_REQUESTS_MS = 5_000;

export interface Ending {
  /** Nodes that are not DESTROYED yet. */
  readonly left: number;
  readonly removed: boolean;
  readonly acts: readonly DoneAct[];
}

export async function endGroup(
  { store, groups, client, outcomes, log }: ScalingParts,
  { config, deletedAt = 0 }: Group,
  { dryRun, signal }: { readonly dryRun: boolean; readonly signal?: AbortSignal | undefined },
): Promise<Ending> {
  const { now, nodes } = await store.glances(config.name);
  if (nodes.length === 0) {
    if (dryRun || now - deletedAt < LATE_REQUESTS_MS) return { left: 0, removed: false, acts: [] };
    for (const role of Object.keys(config.roles)) await outcomes.forget(config.name, role);
    const removed = await groups.remove(config.name);
    if (removed)
      log.info({ group: config.name }, 'the last node of a deleted group is gone, and so is the group');
    return { left: 0, removed, acts: [] };
  }
  const acts: DoneAct[] = [];
  for (const { id, doomed } of nodes) {
    if (doomed || signal?.aborted === true) continue;
    const outcome = dryRun ? 'passed' : await doom(client, id);
    acts.push({ do: 'destroy', nodeId: id, why: WHY, outcome });
  }
  return { left: nodes.length, removed: false, acts };
}

async function doom(client: ScalingParts['client'], id: string): Promise<DoneAct['outcome']> {
  try {
    await client.requestDestruction(id, { actor: 'autoscaler', reason: WHY });
    return 'done';
  } catch (error) {
    if (error instanceof NodeyardError && error.code === 'UNKNOWN_NODE') return 'passed';
    if (error instanceof NodeyardError) return 'failed';
    throw error;
  }
}
