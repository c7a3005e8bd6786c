/** `nodeyard webhook show`: one webhook, how it is delivered, and what could not be. */
import type { Command } from 'commander';
import type { DeadLetter, Webhook } from '../../webhooks/webhook.js';
import { readCount } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { fields } from '../fields.js';
import { withFleet } from '../opened.js';
import type { Output } from '../output.js';
import { printable } from '../printable.js';
import { table } from '../table.js';
import { teach } from '../teach.js';
import { timestamp } from '../times.js';
import { failureText, filterText, statusText } from '../webhook-view.js';

interface WebhookShowOptions {
  readonly limit: string;
  readonly cursor?: string;
}

export function defineWebhookShow(webhook: Command, act: Act): void {
  const command = webhook
    .command('show')
    .description('Show a webhook, how it is delivered, and its dead letters, newest first.')
    .argument('<ID>', 'the webhook')
    .option('--limit <n>', 'at most so many dead letters, up to 1000', '20')
    .option('--cursor <cursor>', 'go on with the letters after an earlier listing')
    .action((id: string, options: WebhookShowOptions) => act((call) => show(call, id, options)));
  teach(command, { examples: [['nodeyard webhook show wh3x9w2m1qa7kf']], exits: ['redis', 'missing'] });
}

async function show(call: Call, id: string, { limit: text, cursor }: WebhookShowOptions): Promise<ExitName> {
  const { output } = call;
  const limit = readCount('--limit', text, { min: 1, max: 1_000 });
  return withFleet(call, async ({ webhooks }) => {
    const webhook = await webhooks.get(id);
    const page = await webhooks.deadLetters(id, { limit, ...(cursor === undefined ? {} : { cursor }) });
    if (output.json) {
      output.value({ webhook, letters: page.letters, cursor: page.cursor ?? null });
      return 'done';
    }
    output.line(fieldsOf(output, webhook));
    if (page.letters.length > 0) output.line(`\n${letterTable(output, page.letters)}`);
    if (page.cursor !== undefined) output.note(`there are more: --cursor ${page.cursor} goes on`);
    return 'done';
  });
}

function fieldsOf(output: Output, webhook: Webhook): string {
  const { id, url, description, filter, disabledReason, createdBy, createdAt, delivery } = webhook;
  const { delivered, failedAttempts, dead, deadLetters, gaps, retrying } = delivery;
  const { lastDeliveredAt, lastFailure, oldestUndeliveredAt, position, deliveredBy } = delivery;
  const moment = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : timestamp(at);
  return fields(output, [
    ['id', id],
    ['url', printable(url)],
    ['for', description === undefined ? undefined : printable(description)],
    ['events', filterText(filter)],
    ['status', statusText(output, webhook, Date.now())],
    ['disabled', disabledReason === undefined ? undefined : printable(disabledReason)],
    ['added', `${timestamp(createdAt)} by ${printable(createdBy)}`],
    ['position', position],
    [
      'delivered',
      `${delivered}${lastDeliveredAt === undefined ? '' : `, last ${timestamp(lastDeliveredAt)}`}`,
    ],
    ['failed attempts', String(failedAttempts)],
    ['last failure', lastFailure && `${timestamp(lastFailure.at)} ${failureText(lastFailure)}`],
    ['waiting', String(retrying)],
    ['oldest waiting', moment(oldestUndeliveredAt)],
    ['dead', `${dead}, kept ${deadLetters}`],
    ['gaps', String(gaps)],
    ['delivered by', deliveredBy === undefined ? 'nobody' : printable(deliveredBy)],
  ]);
}

function letterTable(output: Output, letters: readonly DeadLetter[]): string {
  const rows = letters.map((letter) => {
    const head = [letter.id, timestamp(letter.at)];
    if (letter.kind === 'gap') {
      return [...head, 'gap', '', `events after ${letter.after} and before ${letter.until} were trimmed`];
    }
    const { payload, attempts, lastFailure } = letter;
    const node = 'nodeId' in payload.data ? payload.data.nodeId : '';
    return [...head, payload.type, node, `${attempts} attempts, last ${failureText(lastFailure)}`];
  });
  return table(output, ['LETTER', 'AT', 'TYPE', 'NODE', 'WHY'], rows);
}
