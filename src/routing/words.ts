/** What is said where there are fewer nodes than somebody has asked for. */
import { NodeyardError } from '../errors.js';

interface Known {
  readonly order: { readonly inService: number; readonly full: number };
  /** Its group is being deleted. */
  readonly isEnding: boolean;
}

export function whyFewer(
  found: number,
  wanted: number,
  { order: { inService, full }, isEnding }: Known,
): { readonly why?: string } {
  if (found >= wanted) return {};
  if (isEnding) return { why: 'the group is being deleted' };
  if (inService === 0) return { why: 'no node of the role is in service' };
  if (full > 0)
    return { why: `${full} of ${inService} in service ${full === 1 ? 'is' : 'are'} at the limit` };
  return { why: `there are no more than ${inService} in service` };
}

export const unknownRole = (group: string, role: string, isGroup: boolean): NodeyardError =>
  isGroup
    ? new NodeyardError(
        'UNKNOWN_GROUP',
        `group ${JSON.stringify(group)} has no role ${JSON.stringify(role)}`,
        {
          field: 'role',
        },
      )
    : new NodeyardError('UNKNOWN_GROUP', `there is no group ${JSON.stringify(group)}, and no such node`, {
        field: 'group',
      });
