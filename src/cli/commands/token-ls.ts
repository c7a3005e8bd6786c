/** `nodeyard token ls`: the tokens that were made, those that open nothing any more among them. */
import type { Command } from 'commander';
import type { TokenRecord } from '../../auth/tokens.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { refuseRemote, TOKENS_ARE_MADE_THERE } from '../fleet/place.js';
import { withApp } from '../opened.js';
import { printable } from '../printable.js';
import { table } from '../table.js';
import { teach } from '../teach.js';
import { timestamp } from '../times.js';

export function defineTokenLs(token: Command, act: Act): void {
  const command = token
    .command('ls')
    .description('List the tokens, with what became of each.')
    .option('--node <id>', 'those of this node instead')
    .action(({ node }: { readonly node?: string }) => act((call) => list(call, node)));
  teach(command, { examples: [['nodeyard token ls']], exits: ['redis'] });
}

async function list(call: Call, node: string | undefined): Promise<ExitName> {
  refuseRemote(call, TOKENS_ARE_MADE_THERE);
  const { output } = call;
  return withApp(call, async (app) => {
    const tokens = await app.tokens.list(node);
    if (output.json) output.value({ tokens });
    else if (tokens.length === 0)
      output.note('no tokens: the API is open to this machine, and to nobody else');
    else output.line(table(output, ['ID', 'NAME', 'SCOPE', 'MADE', 'USED', 'STATUS'], tokens.map(rowOf)));
    return 'done';
  });
}

const rowOf = (token: TokenRecord): string[] => [
  token.id,
  printable(token.name),
  token.scope,
  timestamp(token.createdAt),
  token.lastUsedAt === undefined ? 'never' : timestamp(token.lastUsedAt),
  statusOf(token, Date.now()),
];

function statusOf({ revokedAt, expiresAt }: TokenRecord, now: number): string {
  if (revokedAt !== undefined) return `revoked ${timestamp(revokedAt)}`;
  if (expiresAt === undefined) return 'valid';
  return expiresAt <= now ? `expired ${timestamp(expiresAt)}` : `valid until ${timestamp(expiresAt)}`;
}
