/** How groups look: what is different, how many nodes there are, who decides. */
import type { Difference } from '../groups/difference.js';
import { valueText } from '../groups/difference-text.js';
import type { Group } from '../groups/groups.js';
import { type GroupNodes, type StateCounts, totalOf } from '../groups/standing.js';
import type { NodeState } from '../node/lifecycle.js';
import { paintState } from './node-view.js';
import type { Output } from './output.js';
import { printable } from './printable.js';
import { cut, table } from './table.js';

const LONGEST_VALUE = 100;

export function scalingText(output: Output, { config, deletedAt }: Group): string {
  if (deletedAt !== undefined) return output.paint('red', 'deleting');
  return config.isScalingPaused ? output.paint('yellow', 'paused') : output.paint('green', 'on');
}

/** `INSERVICE 3, CREATING 1` */
export const statesText = (output: Output, counts: StateCounts): string =>
  Object.entries(counts)
    .map(([state, count]) => `${paintState(output, state as NodeState)} ${count}`)
    .join(', ');

export function roleTable(output: Output, { config }: Group, nodes: GroupNodes): string {
  const rows = Object.entries(config.roles).map(([name, { lifecycle, min, max }]) => {
    const counts = nodes.roles[name] ?? {};
    return [
      printable(name),
      lifecycle,
      String(min),
      String(max),
      String(totalOf(counts)),
      statesText(output, counts),
    ];
  });
  const named = Object.values(nodes.roles).reduce((sum, counts) => sum + totalOf(counts), 0);
  const others = totalOf(nodes.all) - named;
  // A node may have moved between the two counts.
  if (others > 0) rows.push(['(others)', '', '', '', String(others), '']);
  return table(output, ['ROLE', 'LIFECYCLE', 'MIN', 'MAX', 'NODES', 'STATES'], rows);
}

/** One line for each difference, under the name of the group. */
export function differenceLines(
  output: Output,
  name: string,
  present: Group | undefined,
  list: readonly Difference[],
): string {
  const head = `group ${output.paint('bold', printable(name))}`;
  if (present === undefined) return [`${head} is new`, ...lines(output, list)].join('\n');
  if (list.length === 0) return `${head} is so already, at revision ${present.revision}`;
  return [`${head}, from revision ${present.revision}`, ...lines(output, list)].join('\n');
}

function lines(output: Output, list: readonly Difference[]): string[] {
  const width = Math.max(...list.map(({ field }) => field.length));
  return list.map((difference) => {
    const { field, before, after } = difference;
    const shown = (value: unknown): string => printable(cut(valueText(field, value), LONGEST_VALUE));
    const name = printable(field).padEnd(width);
    if (!('before' in difference)) return output.paint('green', `  + ${name}  ${shown(after)}`);
    if (!('after' in difference)) return output.paint('red', `  - ${name}  ${shown(before)}`);
    return output.paint('yellow', `  ~ ${name}  ${shown(before)} → ${shown(after)}`);
  });
}
