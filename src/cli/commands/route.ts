/** `nodeyard route`: which nodes of a role serve next. */
import type { Command } from 'commander';
import type { RoutedNode } from '../../routing/routing.js';
import { readCount } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import type { Output } from '../output.js';
import { printable } from '../printable.js';
import { table } from '../table.js';
import { teach } from '../teach.js';
import { age } from '../times.js';

interface RouteCommandOptions {
  readonly role: string;
  readonly count?: string;
}

const HEADS = ['NODE', 'RANKING', 'CONNECTIONS', 'HEARD', 'OUTPUTS'];
const MOST = 100;

export function defineRoute(program: Command, act: Act): void {
  const command = program
    .command('route')
    .description(
      'Ask which nodes of a role serve next: those in service below their limit, the least loaded first.',
    )
    .argument('<GROUP>', 'the group')
    .requiredOption('--role <role>', 'of which role')
    .option('--count <n>', `at most so many, up to ${MOST} (default 1)`)
    .action((group: string, options: RouteCommandOptions) => act((call) => route(call, group, options)));
  teach(command, {
    examples: [
      ['nodeyard route media --role edge --count 3'],
      [
        "nodeyard route media --role edge --json | jq -r '.nodes[0].outputs.address'",
        'programs in a request path ask the HTTP API',
      ],
    ],
    exits: ['redis', 'missing'],
  });
}

async function route(call: Call, group: string, options: RouteCommandOptions): Promise<ExitName> {
  const { output } = call;
  const count = options.count === undefined ? 1 : readCount('--count', options.count, { min: 1, max: MOST });
  return withFleet(call, async ({ groups }) => {
    const answer = await groups.route(group, options.role, count);
    if (output.json) {
      output.value(answer);
      return 'done';
    }
    const now = Date.now();
    if (answer.nodes.length > 0)
      output.line(
        table(
          output,
          HEADS,
          answer.nodes.map((node) => rowOf(output, node, now)),
        ),
      );
    if (answer.why !== undefined) output.note(answer.why);
    return 'done';
  });
}

function rowOf(
  output: Output,
  { id, ranking, load, heardAt, isSilent, outputs }: RoutedNode,
  now: number,
): string[] {
  const heard = heardAt === undefined ? 'never' : `${age(now - heardAt)} ago`;
  return [
    printable(id),
    ranking === null ? '?' : String(Math.round(ranking * 100) / 100),
    String(load.connections ?? '?'),
    isSilent ? output.paint('yellow', `${heard}, silent`) : heard,
    Object.entries(outputs)
      .map(([name, value]) =>
        printable(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
      )
      .join(' '),
  ];
}
