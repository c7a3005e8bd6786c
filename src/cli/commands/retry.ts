/** `nodeyard retry`: tries FAILED creates and destroys again. */
import type { Command } from 'commander';
import type { NodeState, Operation } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import { readTimeout } from '../arguments.js';
import { conclude, forEachNode, waitForAll } from '../bulk.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { withFleet } from '../opened.js';
import { idsOf } from '../selection.js';
import { teach } from '../teach.js';
import { remarkOnWorkers } from '../workers-seen.js';

interface RetryOptions {
  readonly failedDestroys?: boolean;
  readonly failedCreates?: boolean;
  readonly wait?: boolean;
  readonly timeout?: string;
}

/** Where either operation ends when it succeeds. */
const GOAL: readonly NodeState[] = [
  'CREATED',
  'STARTED',
  'INSERVICE',
  'SOFT_SUNSET',
  'HARD_SUNSET',
  'DESTROYED',
];

export function defineRetry(program: Command, act: Act): void {
  const command = program
    .command('retry')
    .description('Try again what FAILED: a create where the create failed, else a destroy.')
    .argument('[ID...]', 'the nodes')
    .option('--failed-destroys', 'every node whose destroy failed')
    .option('--failed-creates', 'every node whose create failed')
    .option('--wait', 'wait until every node has got there or is FAILED again')
    .option('--timeout <duration>', 'wait at most so long: 90s, 10m')
    .action((ids: readonly string[], options: RetryOptions) => act((call) => retry(call, ids, options)));
  teach(command, {
    examples: [['nodeyard retry k3x9w2m1qa --wait'], ['nodeyard retry --failed-destroys']],
    exits: ['redis', 'missing', 'timeout', 'refused', 'interrupted', 'terminated'],
  });
}

async function retry(call: Call, ids: readonly string[], options: RetryOptions): Promise<ExitName> {
  const operations = operationsOf(options);
  if (ids.length === 0 && operations.length === 0) {
    throw usageError('name the nodes to retry, or give --failed-destroys or --failed-creates', 'ID');
  }
  if (ids.length > 0 && operations.length > 0) {
    throw usageError('name nodes or choose them by their failure, not both', 'ID');
  }
  const timeoutMs = await readTimeout(options.timeout);
  return withFleet(call, async (fleet) => {
    const failed = ({ failure }: NodeRecord): boolean =>
      operations.some((each) => each === failure?.operation);
    const chosen = ids.length > 0 ? ids : await idsOf(fleet.nodes, { state: 'FAILED' }, failed);
    if (chosen.length === 0 && !call.output.json) call.output.note('nothing to retry');
    const asked = await forEachNode(chosen, (id) => fleet.nodes.retry(id));
    const [first] = asked.nodes;
    if (first !== undefined) {
      await remarkOnWorkers(
        fleet,
        call.output,
        first.state === 'DESTRUCTION_REQUESTED' ? 'destroy' : 'create',
      );
    }
    if (options.wait !== true) return conclude(call, asked, {});
    const waited = await waitForAll(call, fleet, asked, { states: GOAL, timeoutMs });
    return conclude(call, waited, { goal: GOAL });
  });
}

const operationsOf = ({ failedCreates, failedDestroys }: RetryOptions): Operation[] => [
  ...(failedCreates === true ? ['create' as const] : []),
  ...(failedDestroys === true ? ['destroy' as const] : []),
];
