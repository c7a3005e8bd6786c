/** `nodeyard state import`: puts a repaired state in the place of a node’s own. */
import type { Command } from 'commander';
import type { StateInspection } from '../../state/document.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { refuseRemote } from '../fleet/place.js';
import { withApp } from '../opened.js';
import { summaryOf } from '../state-choice.js';
import { readStateFile } from '../state-file.js';
import { teach } from '../teach.js';

interface ImportOptions {
  readonly input: string;
  readonly yes?: boolean;
}

export function defineStateImport(state: Command, act: Act): void {
  const command = state
    .command('import')
    .description('Replace a node’s state by the one in a file. The earlier one is kept among the versions.')
    .argument('<ID>', 'the node; no run may be at work')
    .requiredOption('--input <file>', 'a Terraform state document of version 4')
    .option('--yes', 'do it; without it the command only says what it would do')
    .action((id: string, options: ImportOptions) => act((call) => importState(call, id, options)));
  teach(command, {
    examples: [
      ['nodeyard state import k3x9w2m1qa --input repaired.tfstate', 'says what that would do'],
      ['nodeyard state import k3x9w2m1qa --input repaired.tfstate --yes'],
    ],
    exits: ['redis', 'missing', 'refused'],
  });
}

async function importState(call: Call, id: string, { input, yes }: ImportOptions): Promise<ExitName> {
  refuseRemote(
    call,
    'The API takes no states: import it where Redis can be reached, without --api and NODEYARD_API_URL.',
  );
  const { io, output } = call;
  const document = await readStateFile(io.cwd, input);
  const next = await inspect(input, document);
  return withApp(call, async (app) => {
    const node = await app.client.get(id);
    const earlier = await app.states.load(id);
    const change = `the state of ${id} (${node.state}) from ${counted(earlier?.resources ?? 0)} to ${counted(next.resources)}`;
    if (yes !== true) {
      throw usageError(
        `this would change ${change}`,
        '--yes',
        'Add --yes to do it. Resources that only the earlier state holds are forgotten: nodeyard will not destroy them.',
      );
    }
    const state = await app.states.replace(id, document);
    if (output.json) output.value({ state: summaryOf(state) });
    else output.line(`changed ${change}`);
    return 'done';
  });
}

/** The same words as for a stored state, with the file named: it is the input that is wrong. */
async function inspect(name: string, document: Uint8Array): Promise<StateInspection> {
  const { inspectState } = await import('../../state/document.js');
  try {
    return inspectState(document);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(
      `--input ${name}: ${reason}`,
      '--input',
      'Give a file that `nodeyard state export` wrote.',
    );
  }
}

const counted = (resources: number): string => `${resources} resource${resources === 1 ? '' : 's'}`;
