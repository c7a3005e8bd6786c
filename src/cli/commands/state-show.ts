/** `nodeyard state show`: which resources a state holds, without what is in them. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { fields } from '../fields.js';
import { withApp } from '../opened.js';
import { printable } from '../printable.js';
import { type ChoiceOptions, chosenState, summaryOf } from '../state-choice.js';
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
  return withApp(call, async (app) => {
    const stored = await chosenState(app, id, options);
    const { inspectState, instancesOf } = await import('../../state/document.js');
    const { serial, lineage, terraformVersion } = inspectState(stored.document);
    const resources = instancesOf(stored.document).map(
      ({ address, type, provider, managed, deposed, status }) => ({
        address,
        type,
        provider,
        managed,
        deposed,
        status: status ?? null,
      }),
    );
    if (output.json) {
      const more = { serial, lineage, terraformVersion: terraformVersion ?? null };
      output.value({ state: { ...summaryOf(stored), ...more }, resources });
      return 'done';
    }
    output.line(
      fields(output, [
        ['node', stored.nodeId],
        ['epoch', String(stored.epoch)],
        ['saved', timestamp(stored.savedAt)],
        ['size', bytes(stored.bytes)],
        ['sha-256', stored.sha256],
        ['serial', String(serial)],
        ['lineage', printable(lineage)],
        ['terraform', terraformVersion === undefined ? undefined : printable(terraformVersion)],
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
