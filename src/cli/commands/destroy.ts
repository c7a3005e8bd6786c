/** `nodeyard destroy`: asks for the destruction of nodes, by id or by filter. */
import type { Command } from 'commander';
import type { NodeState } from '../../node/lifecycle.js';
import type { NodeFilter } from '../../store/store.js';
import { gather, readStates, readTimeout } from '../arguments.js';
import { conclude, forEachNode, waitForAll } from '../bulk.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { withApp } from '../opened.js';
import { idsOf } from '../selection.js';
import { teach } from '../teach.js';
import { remarkOnWorkers } from '../workers-seen.js';

interface DestroyOptions {
  readonly all?: boolean;
  readonly group?: string;
  readonly role?: string;
  readonly state?: readonly string[];
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly wait?: boolean;
  readonly timeout?: string;
}

const GOAL: readonly NodeState[] = ['DESTROYED'];

export function defineDestroy(program: Command, act: Act): void {
  const command = program
    .command('destroy')
    .description(
      'Ask for the destruction of nodes, in whatever state they are. A create at work is stopped first.',
    )
    .argument('[ID...]', 'the nodes')
    .option('--all', 'every node that the filters choose, instead of ids')
    .option('--group <name>', 'with --all: only of this group')
    .option('--role <name>', 'with --all: only with this role')
    .option('--state <state>', 'with --all: only in this state; again or with commas for more', gather)
    .option('--yes', 'with --all: do it; without it the command only says how many nodes it would destroy')
    .option('--force', 'also nodes of roles that scaling decides about, which makes others in their place')
    .option('--wait', 'wait until every node is DESTROYED or FAILED')
    .option('--timeout <duration>', 'wait at most so long: 90s, 10m')
    .action((ids: readonly string[], options: DestroyOptions) => act((call) => destroy(call, ids, options)));
  teach(command, {
    examples: [
      ['nodeyard destroy k3x9w2m1qa --wait'],
      ['nodeyard destroy --all --group try', 'says how many that would be'],
      ['nodeyard destroy --all --group try --yes --wait --timeout 10m'],
    ],
    exits: ['redis', 'missing', 'timeout', 'refused', 'interrupted', 'terminated'],
  });
}

async function destroy(call: Call, ids: readonly string[], options: DestroyOptions): Promise<ExitName> {
  const filter = filterOf(ids, options);
  const timeoutMs = await readTimeout(options.timeout);
  return withApp(call, async (app) => {
    const chosen =
      filter === undefined ? ids : await idsOf(app.store, filter, ({ state }) => !GOAL.includes(state));
    if (filter !== undefined && options.yes !== true) {
      throw usageError(
        `this would destroy ${chosen.length} node${chosen.length === 1 ? '' : 's'}`,
        '--yes',
        'Add --yes to do it; `nodeyard ls` with the same filters lists them.',
      );
    }
    const by = { actor: 'operator', reason: 'nodeyard destroy', force: options.force === true } as const;
    const asked = await forEachNode(chosen, (id) => app.client.requestDestruction(id, by));
    if (asked.nodes.length > 0) await remarkOnWorkers(app, call.output, 'destroy');
    if (options.wait !== true) return conclude(call, asked, {});
    const waited = await waitForAll(call, app, asked, { states: GOAL, timeoutMs });
    return conclude(call, waited, { goal: GOAL });
  });
}

/** Undefined where the nodes were named. */
function filterOf(
  ids: readonly string[],
  { all, group, role, state }: DestroyOptions,
): NodeFilter | undefined {
  const states = readStates(state);
  if (all === true) {
    if (ids.length > 0) throw usageError('name nodes or give --all, not both', '--all');
    return {
      ...(group === undefined ? {} : { group }),
      ...(role === undefined ? {} : { role }),
      ...(states === undefined ? {} : { state: states }),
    };
  }
  const lone = group !== undefined ? '--group' : role !== undefined ? '--role' : states && '--state';
  if (lone !== undefined) throw usageError(`${lone} goes with --all`, lone);
  if (ids.length === 0) throw usageError('name the nodes to destroy, or give --all with filters', 'ID');
  return undefined;
}
