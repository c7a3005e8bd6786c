/** `nodeyard webhook ls`: the webhooks, and how each fares. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import { printable } from '../printable.js';
import { cut, table } from '../table.js';
import { teach } from '../teach.js';
import { filterText, statusText } from '../webhook-view.js';

const HEADS = ['ID', 'STATUS', 'DELIVERED', 'WAITING', 'DEAD', 'GAPS', 'EVENTS', 'URL'];
const LONGEST_URL = 60;

export function defineWebhookLs(webhook: Command, act: Act): void {
  const command = webhook
    .command('ls')
    .description('List the webhooks, with how each is delivered.')
    .action(() => act(list));
  teach(command, { examples: [['nodeyard webhook ls']], exits: ['redis'] });
}

async function list(call: Call): Promise<ExitName> {
  const { output } = call;
  return withFleet(call, async (fleet) => {
    const webhooks = await fleet.webhooks.list();
    if (output.json) output.value({ webhooks });
    else if (webhooks.length === 0) output.note('no webhooks');
    else {
      const now = Date.now();
      const rows = webhooks.map((webhook) => {
        const { delivered, retrying, deadLetters, gaps } = webhook.delivery;
        const counts = [delivered, retrying, deadLetters, gaps].map(String);
        const url = printable(cut(webhook.url, LONGEST_URL));
        return [webhook.id, statusText(output, webhook, now), ...counts, filterText(webhook.filter), url];
      });
      output.line(table(output, HEADS, rows));
    }
    return 'done';
  });
}
