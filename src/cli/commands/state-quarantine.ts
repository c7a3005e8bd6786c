/** `nodeyard state quarantine`: states that came too late to become canonical and may hold forgotten resources. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import { showSummaries } from '../state-choice.js';
import { teach } from '../teach.js';

export function defineStateQuarantine(state: Command, act: Act): void {
  const command = state
    .command('quarantine')
    .description(
      'List the states that a superseded run wrote. What only they hold still has to be destroyed.',
    )
    .argument('[ID]', 'only of this node')
    .action((id: string | undefined) => act((call) => quarantine(call, id)));
  teach(command, { examples: [['nodeyard state quarantine']], exits: ['redis'] });
}

async function quarantine(call: Call, id: string | undefined): Promise<ExitName> {
  const { output } = call;
  return withFleet(call, async (fleet) => {
    const found = await fleet.states.quarantined(id);
    if (output.json) output.value({ quarantined: found });
    else showSummaries(output, found, 'no states in quarantine');
    return 'done';
  });
}
