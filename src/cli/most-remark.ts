/** Whether there are more nodes of a role than its group names as the most: asked for by hand they are made all the same. */
import type { Fleet } from './fleet/fleet.js';
import type { Output } from './output.js';
import { printable } from './printable.js';

/** Says so, once they are asked for. */
export async function remarkOnMost(
  fleet: Pick<Fleet, 'crowd'>,
  output: Output,
  { group, role }: { readonly group: string; readonly role: string },
): Promise<void> {
  if (output.json) return;
  const crowd = await fleet.crowd(group, role);
  if (crowd === undefined || crowd.nodes <= crowd.max) return;
  const words = `group ${printable(group)} now has ${crowd.nodes} nodes of role ${printable(role)}, more than its max of ${crowd.max}`;
  output.note(`${output.paintNote('yellow', 'note:')} ${words}`);
}
