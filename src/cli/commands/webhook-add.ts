/** `nodeyard webhook add`: has events sent to a URL, and shows the secret that signs them, once. */
import type { Command } from 'commander';
import type { WebhookRequest } from '../../webhooks/webhook.js';
import { gather, readStates } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { fields } from '../fields.js';
import { withFleet } from '../opened.js';
import { printable } from '../printable.js';
import { teach } from '../teach.js';

interface WebhookAddOptions {
  readonly url: string;
  readonly type?: readonly string[];
  readonly state?: readonly string[];
  readonly group?: readonly string[];
  readonly role?: readonly string[];
  readonly description?: string;
}

export function defineWebhookAdd(webhook: Command, act: Act): void {
  const command = webhook
    .command('add')
    .description('Have events sent to a URL from now on. Shows the secret that signs them, once.')
    .requiredOption('--url <url>', 'where they are posted to: https, unless http is allowed')
    .option(
      '--state <state>',
      'only transitions to this state (FAULT, SUNSET, DOOMED too); again or with commas for more',
      gather,
    )
    .option('--type <type>', 'only transition, taken or noted; again or with commas for more', gather)
    .option('--group <name>', 'only of this group; again or with commas for more', gather)
    .option('--role <name>', 'only with this role; again or with commas for more', gather)
    .option('--description <text>', 'what it is for')
    .action((options: WebhookAddOptions) => act((call) => add(call, options)));
  teach(command, {
    examples: [
      ['nodeyard webhook add --url https://hooks.example.com/nodeyard'],
      ['nodeyard webhook add --url https://pager.example.com/ --state FAILED --group media'],
      ['nodeyard webhook add --url https://hooks.example.com/ --json | jq -r .secret'],
    ],
    exits: ['redis'],
  });
}

async function add(call: Call, options: WebhookAddOptions): Promise<ExitName> {
  const states = readStates(options.state);
  const { url, description } = options;
  const filter = {
    ...words('types', options.type),
    ...(states === undefined ? {} : { states }),
    ...words('groups', options.group),
    ...words('roles', options.role),
  };
  // What the words may be is the schema’s to say.
  const request = {
    url,
    filter,
    ...(description === undefined ? {} : { description }),
  } as unknown as WebhookRequest;
  return withFleet(call, async ({ webhooks }) => {
    const { webhook, secret } = await webhooks.add(request, { createdBy: 'nodeyard webhook add' });
    const { output } = call;
    if (output.json) {
      output.value({ webhook, secret });
      return 'done';
    }
    output.line(
      fields(output, [
        ['id', webhook.id],
        ['url', printable(webhook.url)],
        ['secret', secret],
      ]),
    );
    output.note(
      `This is the only time that the secret is shown. \`nodeyard webhook test ${webhook.id}\` tries it.`,
    );
    return 'done';
  });
}

const words = (field: string, texts: readonly string[] | undefined) =>
  texts === undefined ? {} : { [field]: texts.flatMap((text) => text.split(',')).map((word) => word.trim()) };
