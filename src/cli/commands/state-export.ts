/** `nodeyard state export`: the exact bytes of a state, for Terraform itself or for a repair. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { withFleet } from '../opened.js';
import { type ChoiceOptions, chosenState, summaryOf } from '../state-choice.js';
import { writeStateFile } from '../state-file.js';
import { teach } from '../teach.js';

interface ExportOptions extends ChoiceOptions {
  readonly output?: string;
  readonly force?: boolean;
}

export function defineStateExport(state: Command, act: Act): void {
  const command = state
    .command('export')
    .description(
      'Write the exact bytes of a node’s state to a file that only you can read, or to standard output.',
    )
    .argument('<ID>', 'the node')
    .option('--output <file>', 'the file; it must not exist')
    .option('--version <epoch>', 'an earlier state')
    .option('--quarantined <epoch>', 'a state in quarantine')
    .option('--force', 'write over the file')
    .action((id: string, options: ExportOptions) => act((call) => exportState(call, id, options)));
  teach(command, {
    examples: [['nodeyard state export k3x9w2m1qa --output k3.tfstate']],
    exits: ['redis', 'missing'],
  });
}

async function exportState(call: Call, id: string, options: ExportOptions): Promise<ExitName> {
  const { io, output } = call;
  const { output: file } = options;
  if (file === undefined && output.json) {
    throw usageError('--json describes a file: name it with --output', '--output');
  }
  if (file === undefined && output.live) {
    throw usageError(
      'a state holds secrets and is not written to a terminal: name a file with --output',
      '--output',
    );
  }
  return withFleet(call, async (fleet) => {
    const stored = await chosenState(fleet, id, options, fleet.states.load);
    if (file === undefined) {
      io.stdout.write(stored.document);
      return 'done';
    }
    const path = await writeStateFile(io.cwd, file, stored.document, { force: options.force === true });
    if (output.json) output.value({ state: summaryOf(stored), file: path });
    else output.note(`wrote the state of epoch ${stored.epoch} to ${path}`);
    return 'done';
  });
}
