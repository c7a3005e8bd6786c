/** What became of a change, for who asked: the group, or an error that says why not. */
import { NodeyardError } from '../errors.js';
import type { Group, GroupChange } from './groups.js';

export interface AcceptedChange {
  readonly group: Group;
  /** False where it was so already. */
  readonly changed: boolean;
}

/** Throws UNKNOWN_GROUP, GROUP_CONFLICT. */
export function accepted(name: string, change: GroupChange): AcceptedChange {
  if (!('refused' in change)) return change;
  if (change.refused === 'unknown-group') throw unknownGroup(name);
  const { deletedAt, revision } = change.group;
  throw new NodeyardError(
    'GROUP_CONFLICT',
    deletedAt === undefined
      ? `group ${name} is at revision ${revision}, which is not the one that was expected`
      : `group ${name} is being deleted; it can be made anew when the last of its nodes is gone`,
  );
}

const unknownGroup = (name: string): NodeyardError =>
  new NodeyardError('UNKNOWN_GROUP', `there is no group ${JSON.stringify(name)}`, { field: 'group' });

/** Throws UNKNOWN_GROUP. */
export function found<Known>(name: string, group: Known | undefined): Known {
  if (group === undefined) throw unknownGroup(name);
  return group;
}
