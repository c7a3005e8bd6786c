/** `nodeyard token create`: makes a token and shows it, once. */
import type { Command } from 'commander';
import { RANKED_SCOPES, type RankedScope } from '../../auth/scopes.js';
import { readDuration } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { refuseRemote, TOKENS_ARE_MADE_THERE } from '../fleet/place.js';
import { withApp } from '../opened.js';
import { teach } from '../teach.js';

interface TokenCreateOptions {
  readonly name: string;
  readonly scope: string;
  readonly expires?: string;
}

export function defineTokenCreate(token: Command, act: Act): void {
  const command = token
    .command('create')
    .description('Make a token and show it once; only a hash of it is kept.')
    .requiredOption('--name <name>', 'who uses it; histories and the audit trail say so')
    .requiredOption(
      '--scope <scope>',
      'viewer (looks), operator (changes nodes and queues), admin (everything)',
    )
    .option('--expires <duration>', 'for so long: 12h, 90d; for ever where absent')
    .action((options: TokenCreateOptions) => act((call) => create(call, options)));
  teach(command, {
    examples: [
      ['nodeyard token create --name ci --scope operator --expires 90d'],
      ['nodeyard token create --name me --scope admin --json | jq -r .token'],
    ],
    exits: ['redis'],
  });
}

async function create(call: Call, options: TokenCreateOptions): Promise<ExitName> {
  refuseRemote(call, TOKENS_ARE_MADE_THERE);
  const scope = scopeOf(options.scope);
  const ttlMs = options.expires === undefined ? undefined : await readDuration('--expires', options.expires);
  return withApp(call, async (app) => {
    const wish = { name: options.name, scope, ...(ttlMs === undefined ? {} : { ttlMs }) };
    const { token, record } = await app.tokens.create(wish);
    if (call.output.json) call.output.value({ token, record });
    else {
      call.output.line(token);
      call.output.note(
        `This is the only time that it is shown. \`nodeyard token revoke ${record.id}\` ends it.`,
      );
    }
    return 'done';
  });
}

function scopeOf(text: string): RankedScope {
  const scope = RANKED_SCOPES.find((each) => each === text);
  if (scope !== undefined) return scope;
  throw usageError(
    `--scope is ${JSON.stringify(text)}: must be one of ${RANKED_SCOPES.join(', ')}`,
    '--scope',
  );
}
