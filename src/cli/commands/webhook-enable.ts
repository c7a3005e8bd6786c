/** `nodeyard webhook enable` and `disable`: whether a webhook is delivered. */
import type { Command } from 'commander';
import type { Webhook } from '../../webhooks/webhook.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

export function defineWebhookEnable(webhook: Command, act: Act): void {
  const command = webhook
    .command('enable')
    .description('Deliver a webhook again, from where it stood: what happened meanwhile comes first.')
    .argument('<ID>', 'the webhook')
    .action((id: string) => act((call) => enable(call, id)));
  teach(command, { examples: [['nodeyard webhook enable wh3x9w2m1qa7kf']], exits: ['redis', 'missing'] });
}

export function defineWebhookDisable(webhook: Command, act: Act): void {
  const command = webhook
    .command('disable')
    .description('Deliver nothing to a webhook until it is enabled; within seconds.')
    .argument('<ID>', 'the webhook')
    .option('--reason <text>', 'why; `nodeyard webhook show` tells it')
    .action((id: string, { reason }: { readonly reason?: string }) =>
      act((call) => disable(call, id, reason)),
    );
  teach(command, {
    examples: [['nodeyard webhook disable wh3x9w2m1qa7kf --reason "the receiver moves"']],
    exits: ['redis', 'missing'],
  });
}

const enable = (call: Call, id: string): Promise<ExitName> =>
  withFleet(call, async ({ webhooks }) => tell(call, await webhooks.enable(id)));

const disable = (call: Call, id: string, reason = 'nodeyard webhook disable'): Promise<ExitName> =>
  withFleet(call, async ({ webhooks }) => tell(call, await webhooks.disable(id, reason)));

function tell({ output }: Call, webhook: Webhook): ExitName {
  if (output.json) output.value({ webhook });
  else output.line(`${webhook.enabled ? 'enabled' : 'disabled'} ${webhook.id}`);
  return 'done';
}
