/**
 * The operator’s hand: which nodes people may ask for and move. Those of a role that scaling decides about are not among them, because
 * the next look would undo what somebody did; a pause of the group, or `lifecycle: MANUAL`, gives them into people’s hand.
 *
 * The group is read before the node is changed, not in the same step. A change that slips past a resume is one that was made a moment
 * before it: scaling begins from whatever it finds. One that is refused a moment before a pause is asked again.
 */
import { NodeyardError } from '../errors.js';
import type { Group, Groups } from './groups.js';

export type ByHand = 'request' | 'move' | 'destroy';

/** `free`: people’s; `auto`: scaling’s; `ending`: nobody’s any more, all its nodes are being destroyed. */
type Hand = 'free' | 'auto' | 'ending';

/** Of a group that nobody has configured, and of a role that its group does not name, nodes are free. */
function handOf(group: Group | undefined, roleName: string): Hand {
  if (group === undefined) return 'free';
  if (group.deletedAt !== undefined) return 'ending';
  const { isScalingPaused, roles } = group.config;
  const role = Object.hasOwn(roles, roleName) ? roles[roleName] : undefined;
  return isScalingPaused || role === undefined || role.lifecycle === 'MANUAL' ? 'free' : 'auto';
}

/** Throws ROLE_IS_AUTO, and GROUP_CONFLICT for what cannot be had of a group that is being deleted. */
export async function refuseAgainstScaling(
  groups: Pick<Groups, 'get'>,
  { group, role }: { readonly group: string; readonly role: string },
  what: ByHand,
): Promise<void> {
  const hand = handOf(await groups.get(group), role);
  if (hand === 'free' || (hand === 'ending' && what === 'destroy')) return;
  if (hand === 'ending') {
    const message = `group ${group} is being deleted: its nodes are destroyed, and there will be no others`;
    throw new NodeyardError('GROUP_CONFLICT', message);
  }
  const besides = what === 'destroy' ? ', or destroy it by force (`nodeyard destroy ID --force`)' : '';
  throw new NodeyardError(
    'ROLE_IS_AUTO',
    `scaling decides about the nodes of role ${role} in group ${group}: pause it (\`nodeyard group pause ${group}\`) or give the role lifecycle MANUAL${besides}`,
  );
}
