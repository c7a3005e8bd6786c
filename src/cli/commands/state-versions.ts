/** `nodeyard state versions`: the earlier states of a node. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import { showSummaries } from '../state-choice.js';
import { teach } from '../teach.js';

export function defineStateVersions(state: Command, act: Act): void {
  const command = state
    .command('versions')
    .description('List the earlier states of a node, newest first.')
    .argument('<ID>', 'the node')
    .action((id: string) => act((call) => versions(call, id)));
  teach(command, { examples: [['nodeyard state versions k3x9w2m1qa']], exits: ['redis', 'missing'] });
}

async function versions(call: Call, id: string): Promise<ExitName> {
  const { output } = call;
  return withFleet(call, async (fleet) => {
    const found = await fleet.states.versions(id);
    if (output.json) output.value({ versions: found });
    else showSummaries(output, found, 'no earlier states');
    return 'done';
  });
}
