/** `nodeyard ls`: the nodes, in order of creation. */
import type { Command } from 'commander';
import type { NodeState } from '../../node/lifecycle.js';
import { NODE_STATES } from '../../node/lifecycle.js';
import type { NodePage } from '../../store/store.js';
import { gather, readCount, readStates } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { nodeTable } from '../node-view.js';
import { withFleet } from '../opened.js';
import { printable, printableJson } from '../printable.js';
import { pages } from '../selection.js';
import { teach } from '../teach.js';

interface LsOptions {
  readonly state?: readonly string[];
  readonly group?: string;
  readonly role?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly all?: boolean;
}

const DEFAULT_LIMIT = 100;
const LIVE: readonly NodeState[] = NODE_STATES.filter((state) => state !== 'DESTROYED');

export function defineLs(program: Command, act: Act): void {
  const command = program
    .command('ls')
    .description('List nodes in order of creation. Destroyed ones are shown with --state DESTROYED.')
    .option(
      '--state <state>',
      'only in this state (FAULT, SUNSET, DOOMED too); again or with commas for more',
      gather,
    )
    .option('--group <name>', 'only of this group')
    .option('--role <name>', 'only with this role')
    .option('--limit <n>', `at most so many (default ${DEFAULT_LIMIT})`)
    .option('--cursor <cursor>', 'go on after an earlier listing')
    .option('--all', 'all of them, however many')
    .action((options: LsOptions) => act((call) => list(call, options)));
  teach(command, {
    examples: [
      ['nodeyard ls'],
      ['nodeyard ls --state FAILED --group media'],
      ["nodeyard ls --all --json | jq -r '.nodes[].id'"],
    ],
    exits: ['redis'],
  });
}

async function list(call: Call, options: LsOptions): Promise<ExitName> {
  const { io, output } = call;
  if (options.all === true && options.limit !== undefined) {
    throw usageError('--all and --limit exclude each other', '--limit');
  }
  const limit = options.all === true ? undefined : limitOf(options.limit);
  const filter = {
    state: readStates(options.state) ?? LIVE,
    ...(options.group === undefined ? {} : { group: options.group }),
    ...(options.role === undefined ? {} : { role: options.role }),
  };
  return withFleet(call, async (fleet) => {
    const listed = pages(fleet.nodes, filter, {
      ...(limit === undefined ? {} : { limit }),
      ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
    });
    const show = output.json ? jsonListing(call) : textListing(call);
    for await (const page of listed) {
      show.page(page);
      io.interrupts.signal.throwIfAborted();
    }
    show.end();
    return 'done';
  });
}

const limitOf = (text: string | undefined): number =>
  text === undefined ? DEFAULT_LIMIT : readCount('--limit', text, { min: 1, max: 1_000_000 });

interface Listing {
  page(page: NodePage): void;
  end(): void;
}

/** `{"nodes":[…],"cursor":…,"unreadable":[…]}`, written page by page so that no listing is held as a whole. */
function jsonListing({ io }: Call): Listing {
  // The head waits for the first page: a refused filter has to leave stdout to its error.
  let separator = '{"nodes":[';
  let cursor: string | null = null;
  const unreadable: string[] = [];
  return {
    page(page) {
      for (const node of page.nodes) {
        io.stdout.write(`${separator}${printableJson(node)}`);
        separator = ',';
      }
      cursor = page.cursor ?? null;
      unreadable.push(...(page.unreadable ?? []));
    },
    end() {
      if (separator !== ',') io.stdout.write(separator);
      io.stdout.write(`],"cursor":${printableJson(cursor)},"unreadable":${printableJson(unreadable)}}\n`);
    },
  };
}

function textListing({ output }: Call): Listing {
  let shown = 0;
  let cursor: string | undefined;
  return {
    page(page) {
      if (page.nodes.length > 0) output.line(nodeTable(output, page.nodes, Date.now()));
      for (const id of page.unreadable ?? []) {
        output.note(`${output.paintNote('yellow', 'note:')} the record of ${printable(id)} cannot be read`);
      }
      shown += page.nodes.length;
      cursor = page.cursor;
    },
    end() {
      if (shown === 0) output.note('no nodes');
      if (cursor !== undefined) {
        output.note(`there are more: --cursor ${cursor} goes on, --all lists all of them`);
      }
    },
  };
}
