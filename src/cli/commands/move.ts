/** `nodeyard move`: the operator’s hand on one node. */
import type { Command } from 'commander';
import { NODE_STATES, type NodeState, parseState } from '../../node/lifecycle.js';
import { gather } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { nodeTable } from '../node-view.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

interface MoveOptions {
  readonly from?: readonly string[];
  readonly reason?: string;
}

export function defineMove(program: Command, act: Act): void {
  const command = program
    .command('move')
    .description(
      'Move a node between INSERVICE, FAULT and SUNSET, or to DOOMED, from where there is no way back. Refused where scaling decides about its role.',
    )
    .argument('<ID>', 'the node')
    .argument('<STATE>', 'INSERVICE, FAILED or FAULT, SOFT_SUNSET or SUNSET, DESTRUCTION_REQUESTED or DOOMED')
    .option('--from <state>', 'only when it is in this state; again or with commas for more', gather)
    .option('--reason <text>', 'why; goes into the history of the node')
    .action((id: string, state: string, options: MoveOptions) =>
      act((call) => move(call, id, state, options)),
    );
  teach(command, {
    examples: [
      ['nodeyard move k3x9w2m1qa SUNSET --from INSERVICE'],
      ['nodeyard move k3x9w2m1qa FAULT --reason "it drops frames"'],
    ],
    exits: ['redis', 'missing', 'refused'],
  });
}

async function move(call: Call, id: string, state: string, { from, reason }: MoveOptions): Promise<ExitName> {
  const to = read('STATE', state);
  const expected = from?.flatMap((text) => text.split(',')).map((word) => read('--from', word));
  return withFleet(call, async ({ nodes }) => {
    const said = reason === undefined ? 'nodeyard move' : `nodeyard move: ${reason}`;
    const wish = { to, reason: said, ...(expected === undefined ? {} : { expected }) };
    const { node, changed } = await nodes.move(id, wish);
    if (call.output.json) call.output.value({ node, changed });
    else call.output.line(nodeTable(call.output, [node], Date.now()));
    return 'done';
  });
}

function read(field: string, word: string): NodeState {
  const state = parseState(word);
  if (state !== undefined) return state;
  throw usageError(`${field} is ${JSON.stringify(word)}: must be one of ${NODE_STATES.join(', ')}`, field);
}
