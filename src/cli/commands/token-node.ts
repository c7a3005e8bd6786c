/** `nodeyard token node`: shows the token of a node, for machines that no stack has told theirs. */
import type { Command } from 'commander';
import { NodeyardError } from '../../errors.js';
import { isTerminal } from '../../node/lifecycle.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { refuseRemote, TOKENS_ARE_MADE_THERE } from '../fleet/place.js';
import { withApp } from '../opened.js';
import { teach } from '../teach.js';

export function defineTokenNode(token: Command, act: Act): void {
  const command = token
    .command('node')
    .description('Show the token of a node: it sends the node’s events and takes its commands, nothing else.')
    .argument('<ID>', 'the node')
    .action((id: string) => act((call) => show(call, id)));
  teach(command, {
    examples: [['nodeyard token node k3x9w2m1qa', 'the same text every time']],
    exits: ['redis', 'missing', 'refused'],
  });
}

async function show(call: Call, id: string): Promise<ExitName> {
  refuseRemote(call, TOKENS_ARE_MADE_THERE);
  return withApp(call, async (app) => {
    const node = await app.client.get(id);
    if (isTerminal(node.state)) {
      throw new NodeyardError('WRONG_STATE', `node ${id} is ${node.state}, and so is its token`);
    }
    const token = await app.nodeTokens.tokenOf(node);
    const { publicUrl } = app.config.api;
    const url = publicUrl === undefined ? null : `${publicUrl}/v1/nodes/${id}`;
    if (call.output.json) call.output.value({ token, url });
    else {
      call.output.line(token);
      call.output.note(url === null ? 'api.publicUrl is not set: nodes are told no address' : `for ${url}`);
    }
    return 'done';
  });
}
