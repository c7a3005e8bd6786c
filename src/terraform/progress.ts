/** How far a run has come, folded from its messages. Pure: give it the last progress and the next message. */
import type { TerraformMessage } from './messages.js';

export interface RunProgress {
  /** Finished and planned steps. A replacement is two: a delete and a create. */
  readonly done: number;
  readonly total: number;
  /** The step in work; absent between steps. */
  readonly address?: string;
  /** Began and not finished, oldest first: after a kill, what they left is in doubt. */
  readonly unfinished: readonly UnfinishedStep[];
}
export interface UnfinishedStep {
  readonly address: string;
  readonly action: string;
}

export const NO_PROGRESS: RunProgress = { done: 0, total: 0, unfinished: [] };

/** Steps that a planned action takes. Reads, moves and forgetting touch nothing in the cloud. */
const STEPS: Readonly<Record<string, number>> = { create: 1, update: 1, delete: 1, replace: 2 };

export function advance(progress: RunProgress, message: TerraformMessage): RunProgress {
  switch (message.type) {
    case 'planned_change':
      return { ...progress, total: progress.total + (STEPS[message.change.action] ?? 0) };
    case 'change_summary': {
      // Says the same as the planned changes before it, and is there where those are not.
      if (message.changes.operation !== 'plan') return progress;
      const { add, change, remove } = message.changes;
      return { ...progress, total: add + change + remove };
    }
    case 'apply_start': {
      const { action, resource } = message.hook;
      if (!(action in STEPS)) return progress;
      return working(progress, [...progress.unfinished, { address: resource.address, action }]);
    }
    case 'apply_progress':
      return message.hook.action in STEPS
        ? { ...progress, address: message.hook.resource.address }
        : progress;
    case 'apply_complete':
    case 'apply_errored': {
      const { action, resource } = message.hook;
      if (!(action in STEPS)) return progress;
      const rest = without(progress.unfinished, { address: resource.address, action });
      const done = message.type === 'apply_complete' ? progress.done + 1 : progress.done;
      return working({ ...progress, done, total: Math.max(progress.total, done) }, rest);
    }
    case 'version':
    case 'log':
    case 'diagnostic':
    case 'resource_drift':
    case 'outputs':
    case 'refresh_start':
    case 'refresh_complete':
    case 'provision_start':
    case 'provision_progress':
    case 'provision_complete':
    case 'provision_errored':
    case 'unknown':
    case 'text':
      return progress;
  }
}

/** The newest step in work is the one that is shown. */
function working(progress: RunProgress, unfinished: readonly UnfinishedStep[]): RunProgress {
  const newest = unfinished.at(-1);
  const { done, total } = progress;
  return { done, total, unfinished, ...(newest === undefined ? {} : { address: newest.address }) };
}

function without(steps: readonly UnfinishedStep[], ended: UnfinishedStep): readonly UnfinishedStep[] {
  const index = steps.findIndex(
    ({ address, action }) => address === ended.address && action === ended.action,
  );
  return index === -1 ? steps : steps.toSpliced(index, 1);
}
