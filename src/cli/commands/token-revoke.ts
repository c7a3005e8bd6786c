/** `nodeyard token revoke`: ends a token. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { CommandError } from '../failure.js';
import { refuseRemote, TOKENS_ARE_MADE_THERE } from '../fleet/place.js';
import { withApp } from '../opened.js';
import { teach } from '../teach.js';

export function defineTokenRevoke(token: Command, act: Act): void {
  const command = token
    .command('revoke')
    .description('End a token: every server refuses it within two seconds.')
    .argument('<ID>', 'as `nodeyard token ls` shows it, or as it stands in the token after nyt_')
    .action((id: string) => act((call) => revoke(call, id)));
  teach(command, { examples: [['nodeyard token revoke k3x9w2m1qa']], exits: ['redis', 'missing'] });
}

async function revoke(call: Call, id: string): Promise<ExitName> {
  refuseRemote(call, TOKENS_ARE_MADE_THERE);
  return withApp(call, async (app) => {
    const token = await app.tokens.revoke(id);
    if (token === undefined) {
      throw new CommandError('INVALID_INPUT', `there is no token ${JSON.stringify(id)}`, {
        field: 'ID',
        exit: 'missing',
        mend: '`nodeyard token ls` lists them.',
      });
    }
    if (call.output.json) call.output.value({ token });
    else call.output.line(`revoked ${token.id} (${token.name})`);
    return 'done';
  });
}
