/** Whether there are more nodes of a role than its group names as the most: asked for by hand they are made all the same. */
import type { App } from '../app.js';
import { totalOf } from '../groups/standing.js';
import type { Output } from './output.js';
import { printable } from './printable.js';

/** Says so, once they are asked for. */
export async function remarkOnMost(
  { groups, store }: Pick<App, 'groups' | 'store'>,
  output: Output,
  { group: name, role }: { readonly group: string; readonly role: string },
): Promise<void> {
  if (output.json) return;
  const roles = (await groups.get(name))?.config.roles ?? {};
  const most = Object.hasOwn(roles, role) ? roles[role]?.max : undefined;
  if (most === undefined) return;
  // What is FAILED does nothing; scaling does not count it either.
  const { DESTROYED: _, FAILED: __, ...states } = await store.counts({ group: name, role });
  const count = totalOf(states);
  if (count <= most) return;
  const words = `group ${printable(name)} now has ${count} nodes of role ${printable(role)}, more than its max of ${most}`;
  output.note(`${output.paintNote('yellow', 'note:')} ${words}`);
}
