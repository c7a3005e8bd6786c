/** `nodeyard webhook redeliver`: has dead letters tried again. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

export function defineWebhookRedeliver(webhook: Command, act: Act): void {
  const command = webhook
    .command('redeliver')
    .description('Have dead letters delivered again, under their old message ids and with attempts anew.')
    .argument('<ID>', 'the webhook')
    .argument('[LETTER...]', 'as `nodeyard webhook show` lists them')
    .option('--all', 'all that are kept')
    .action((id: string, letters: readonly string[], { all }: { readonly all?: boolean }) =>
      act((call) => redeliver(call, id, letters, all === true)),
    );
  teach(command, {
    examples: [
      ['nodeyard webhook redeliver wh3x9w2m1qa7kf --all'],
      ['nodeyard webhook redeliver wh3x9w2m1qa7kf 1700000000000-0'],
    ],
    exits: ['redis', 'missing'],
  });
}

async function redeliver(
  call: Call,
  id: string,
  letters: readonly string[],
  all: boolean,
): Promise<ExitName> {
  if (letters.length === 0 && !all) throw usageError('name the letters, or give --all', 'LETTER');
  if (letters.length > 0 && all) throw usageError('name letters or give --all, not both', '--all');
  return withFleet(call, async ({ webhooks }) => {
    const redelivered = await webhooks.redeliver(id, all ? 'all' : letters);
    if (call.output.json) call.output.value({ redelivered });
    else call.output.line(`${redelivered} ${redelivered === 1 ? 'message is' : 'messages are'} tried again`);
    return 'done';
  });
}
