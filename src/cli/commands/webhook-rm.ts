/** `nodeyard webhook rm`: ends a webhook. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

export function defineWebhookRm(webhook: Command, act: Act): void {
  const command = webhook
    .command('rm')
    .description('End a webhook, with its dead letters.')
    .argument('<ID>', 'the webhook')
    .action((id: string) => act((call) => remove(call, id)));
  teach(command, { examples: [['nodeyard webhook rm wh3x9w2m1qa7kf']], exits: ['redis', 'missing'] });
}

async function remove(call: Call, id: string): Promise<ExitName> {
  return withFleet(call, async ({ webhooks }) => {
    await webhooks.remove(id);
    if (call.output.json) call.output.value({ removed: id });
    else call.output.line(`removed ${id}`);
    return 'done';
  });
}
