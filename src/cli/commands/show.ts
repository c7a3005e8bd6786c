/** `nodeyard show`: everything about one node. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { nodeDetails } from '../node-details.js';
import { withApp } from '../opened.js';
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
  return withApp(call, async (app) => {
    const node = await app.client.get(id);
    const [heard, history] = await Promise.all([app.heartbeats.get(id), app.store.history(id)]);
    if (output.json) output.value({ node, ...(heard === undefined ? {} : { heard }), history });
    else output.line(nodeDetails(output, { node, heard, history }, Date.now()));
    return 'done';
  });
}
