/** `nodeyard state show`: which resources a state holds, without what is in them. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { fields } from '../fields.js';
import { withFleet } from '../opened.js';
import { printable } from '../printable.js';
import { type ChoiceOptions, chosenState } from '../state-choice.js';
import { table } from '../table.js';
import { teach } from '../teach.js';
import { bytes, timestamp } from '../times.js';

export function defineStateShow(state: Command, act: Act): void {
  const command = state
    .command('show')
    .description(
      'Show which resources a node’s state holds; their values, which may be secrets, are not shown.',
    )
    .argument('<ID>', 'the node')
    .option('--version <epoch>', 'an earlier state')
    .option('--quarantined <epoch>', 'a state in quarantine')
    .action((id: string, options: ChoiceOptions) => act((call) => show(call, id, options)));
  teach(command, {
    examples: [['nodeyard state show k3x9w2m1qa'], ['nodeyard state show k3x9w2m1qa --version 2']],
    exits: ['redis', 'missing'],
  });
}

async function show(call: Call, id: string, options: ChoiceOptions): Promise<ExitName> {
  const { output } = call;
  return withFleet(call, async (fleet) => {
    const shown = await chosenState(fleet, id, options, fleet.states.show);
    if (output.json) {
      output.value(shown);
      return 'done';
    }
    const { state, resources } = shown;
    output.line(
      fields(output, [
        ['node', state.nodeId],
        ['epoch', String(state.epoch)],
        ['saved', timestamp(state.savedAt)],
        ['size', bytes(state.bytes)],
        ['sha-256', state.sha256],
        ['serial', String(state.serial)],
        ['lineage', printable(state.lineage)],
        ['terraform', state.terraformVersion === null ? undefined : printable(state.terraformVersion)],
      ]),
    );
    if (resources.length === 0) output.line('it holds no resources');
    else output.line(`\n${resourceTable(call, resources)}`);
    return 'done';
  });
}

function resourceTable(
  { output }: Call,
  resources: readonly {
    address: string;
    type: string;
    managed: boolean;
    deposed: boolean;
    status: string | null;
  }[],
): string {
  const rows = resources.map(({ address, type, managed, deposed, status }) => [
    printable(address),
    printable(type),
    [managed ? '' : 'data', deposed ? 'deposed' : '', printable(status ?? '')]
      .filter((mark) => mark !== '')
      .join(', '),
  ]);
  return table(output, ['ADDRESS', 'TYPE', 'MARKS'], rows);
}
