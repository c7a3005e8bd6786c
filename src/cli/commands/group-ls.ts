/** `nodeyard group ls`: the groups that are configured. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import { concurrently } from '../concurrently.js';
import type { ExitName } from '../exit-status.js';
import { scalingText } from '../group-view.js';
import { withFleet } from '../opened.js';
import { printable } from '../printable.js';
import { table } from '../table.js';
import { teach } from '../teach.js';
import { timestamp } from '../times.js';

const HEADS = ['GROUP', 'SCALING', 'NODES', 'ROLES', 'REVISION', 'CHANGED'];
const PAGE = 1_000;
const AT_ONCE = 16;

export function defineGroupLs(group: Command, act: Act): void {
  const command = group
    .command('ls')
    .description('List the configured groups in the order of their names, with how many nodes they have.')
    .action(() => act(list));
  teach(command, { examples: [['nodeyard group ls']], exits: ['redis'] });
}

async function list(call: Call): Promise<ExitName> {
  const { output } = call;
  return withFleet(call, async ({ groups }) => {
    const found = [];
    const unreadable: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await groups.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      found.push(...page.groups);
      unreadable.push(...(page.unreadable ?? []));
      cursor = page.cursor;
    } while (cursor !== undefined);
    if (output.json) {
      output.value({ groups: found, unreadable });
      return 'done';
    }
    if (found.length === 0 && unreadable.length === 0) output.note('no groups');
    const rows = await concurrently(found, AT_ONCE, async (each) => {
      const { config, revision, updatedAt } = each;
      const roles = Object.keys(config.roles).map(printable).join(', ');
      const changed = timestamp(updatedAt);
      const nodes = String(await groups.size(config.name));
      return [printable(config.name), scalingText(output, each), nodes, roles, String(revision), changed];
    });
    if (rows.length > 0) output.line(table(output, HEADS, rows));
    for (const name of unreadable)
      output.note(`${output.paintNote('yellow', 'note:')} the record of ${printable(name)} cannot be read`);
    return 'done';
  });
}
