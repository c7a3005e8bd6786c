/** `nodeyard group show`: one group, its roles, and how many nodes of each there are. */
import type { Command } from 'commander';
import { found } from '../../groups/accepted.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { fields } from '../fields.js';
import { roleTable, scalingText, statesText } from '../group-view.js';
import { withFleet } from '../opened.js';
import { printable } from '../printable.js';
import { teach } from '../teach.js';
import { timestamp } from '../times.js';

export function defineGroupShow(group: Command, act: Act): void {
  const command = group
    .command('show')
    .description('Show a group: its roles with their bounds, and how many nodes of each are in which state.')
    .argument('<NAME>', 'the group')
    .action((name: string) => act((call) => show(call, name)));
  teach(command, {
    examples: [
      ['nodeyard group show media'],
      ['nodeyard group show media --json | jq .group.config', 'every setting, with its defaults'],
    ],
    exits: ['redis', 'missing'],
  });
}

async function show(call: Call, name: string): Promise<ExitName> {
  const { output } = call;
  return withFleet(call, async ({ groups }) => {
    const { group, nodes } = found(name, await groups.get(name));
    const { config, revision, createdAt, updatedAt, deletedAt } = group;
    if (output.json) {
      output.value({ group, nodes });
      return 'done';
    }
    output.line(
      fields(output, [
        ['group', printable(config.name)],
        ['for', config.description === undefined ? undefined : printable(config.description)],
        ['scaling', scalingText(output, group)],
        ['stack', config.stack],
        ['nodes', statesText(output, nodes.all) || 'none'],
        ['revision', String(revision)],
        ['created', timestamp(createdAt)],
        ['changed', timestamp(updatedAt)],
        ['deleted', deletedAt === undefined ? undefined : `asked for ${timestamp(deletedAt)}`],
      ]),
    );
    output.line(`\n${roleTable(output, group, nodes)}`);
    return 'done';
  });
}
