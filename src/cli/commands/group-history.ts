/** `nodeyard group history`: who has changed a group, and what scaling has decided. */
import type { Command } from 'commander';
import type { GroupEntry, GroupEntryKind } from '../../groups/history.js';
import { readCount } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import type { Output, Style } from '../output.js';
import { printable } from '../printable.js';
import { table } from '../table.js';
import { teach } from '../teach.js';
import { timestamp } from '../times.js';

interface HistoryOptions {
  readonly limit: string;
  readonly cursor?: string;
}

const STYLES: Readonly<Partial<Record<GroupEntryKind, Style>>> = {
  created: 'green',
  paused: 'yellow',
  resumed: 'green',
  deleted: 'red',
  removed: 'red',
  scaled: 'cyan',
};

export function defineGroupHistory(group: Command, act: Act): void {
  const command = group
    .command('history')
    .description('Show who has changed a group, and what scaling has decided, newest first.')
    .argument('<NAME>', 'the group, for a week also one that is gone')
    .option('--limit <n>', 'at most so many entries, up to 1000', '50')
    .option('--cursor <cursor>', 'go on with the entries after an earlier listing')
    .action((name: string, options: HistoryOptions) => act((call) => history(call, name, options)));
  teach(command, {
    examples: [['nodeyard group history media'], ['nodeyard group history media --limit 5 --json']],
    exits: ['redis', 'missing'],
  });
}

async function history(call: Call, name: string, { limit: text, cursor }: HistoryOptions): Promise<ExitName> {
  const { output } = call;
  const limit = readCount('--limit', text, { min: 1, max: 1_000 });
  return withFleet(call, async ({ groups }) => {
    const page = await groups.history(name, { limit, ...(cursor === undefined ? {} : { cursor }) });
    if (output.json) output.value({ entries: page.entries, cursor: page.cursor ?? null });
    else if (page.entries.length === 0) output.note('no older entries');
    else output.line(entryTable(output, page.entries));
    if (page.cursor !== undefined && !output.json)
      output.note(`there are more: --cursor ${page.cursor} goes on`);
    return 'done';
  });
}

function entryTable(output: Output, entries: readonly GroupEntry[]): string {
  const rows = entries.map(({ at, kind, who, role = '', message }) => {
    const style = STYLES[kind];
    return [
      timestamp(at),
      style === undefined ? kind : output.paint(style, kind),
      printable(who),
      printable(role),
      printable(message),
    ];
  });
  return table(output, ['AT', 'WHAT', 'WHO', 'ROLE', 'MESSAGE'], rows);
}
