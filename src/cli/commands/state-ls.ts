/** `nodeyard state ls`: the nodes that have a state. */
import type { Command } from 'commander';
import { readCount } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import { showSummaries } from '../state-choice.js';
import { teach } from '../teach.js';

interface StateLsOptions {
  readonly limit: string;
  readonly cursor?: string;
}

export function defineStateLs(state: Command, act: Act): void {
  const command = state
    .command('ls')
    .description('List the nodes that have a state, by id.')
    .option('--limit <n>', 'at most so many, up to 1000', '100')
    .option('--cursor <cursor>', 'go on after an earlier listing')
    .action((options: StateLsOptions) => act((call) => list(call, options)));
  teach(command, { examples: [['nodeyard state ls']], exits: ['redis'] });
}

async function list(call: Call, { limit, cursor }: StateLsOptions): Promise<ExitName> {
  const { output } = call;
  const most = readCount('--limit', limit, { min: 1, max: 1_000 });
  return withFleet(call, async (fleet) => {
    const page = await fleet.states.list({ limit: most, ...(cursor === undefined ? {} : { cursor }) });
    if (output.json) output.value({ states: page.states, cursor: page.cursor ?? null });
    else showSummaries(output, page.states, 'no states');
    if (!output.json && page.cursor !== undefined) {
      output.note(`there are more: --cursor ${page.cursor} goes on`);
    }
    return 'done';
  });
}
