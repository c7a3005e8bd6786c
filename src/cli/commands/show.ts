/** `nodeyard show`: everything about one node. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { nodeDetails } from '../node-details.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

export function defineShow(program: Command, act: Act): void {
  const command = program
    .command('show')
    .description(
      'Show one node: its record, outputs, failure with its mend, progress, resources, lease, load, history.',
    )
    .argument('<ID>', 'the node')
    .action((id: string) => act((call) => show(call, id)));
  teach(command, {
    examples: [['nodeyard show k3x9w2m1qa'], ['nodeyard show k3x9w2m1qa --json | jq .node.outputs']],
    exits: ['redis', 'missing'],
  });
}

async function show(call: Call, id: string): Promise<ExitName> {
  const { output } = call;
  return withFleet(call, async (fleet) => {
    const details = await fleet.nodes.details(id);
    const { node, heard, history } = details;
    if (output.json) output.value({ node, ...(heard === undefined ? {} : { heard }), history });
    else output.line(nodeDetails(output, details, Date.now()));
    return 'done';
  });
}
