/** `nodeyard watch`: what happens, while it happens. */
import type { Command } from 'commander';
import type { NodeEvent } from '../../node/record.js';
import { unknownNode } from '../../node/unknown-node.js';
import { forEachNode } from '../bulk.js';
import type { Act, Call } from '../call.js';
import { eventLine } from '../event-line.js';
import type { ExitName } from '../exit-status.js';
import { showBoard } from '../live-board.js';
import { NodeBoard } from '../node-board.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

interface WatchOptions {
  readonly group?: string;
  readonly role?: string;
  readonly since?: string;
  readonly lines?: boolean;
}

export function defineWatch(program: Command, act: Act): void {
  const command = program
    .command('watch')
    .description('Watch nodes: a table that updates itself on a terminal, else a line for every event.')
    .argument('[ID...]', 'only these nodes')
    .option('--group <name>', 'only of this group')
    .option('--role <name>', 'only with this role')
    .option('--since <position>', 'lines from this position of the event stream on; 0 is the oldest kept')
    .option('--lines', 'lines instead of the table')
    .action((ids: readonly string[], options: WatchOptions) => act((call) => watch(call, ids, options)));
  teach(command, {
    examples: [
      ['nodeyard watch'],
      ['nodeyard watch --group media --lines'],
      ['nodeyard watch --since 0 --json', 'every event that is kept, then new ones'],
    ],
    exits: ['redis', 'missing'],
  });
}

async function watch(call: Call, ids: readonly string[], options: WatchOptions): Promise<ExitName> {
  const { io, output } = call;
  return withFleet(call, async (fleet) => {
    const { errors } = await forEachNode(ids, async (id) => {
      const node = await fleet.nodes.get(id);
      if (node === undefined) throw unknownNode(id);
      return node;
    });
    const [unknown] = errors;
    if (unknown !== undefined) throw unknown.error;
    const { group, role } = options;
    const chosen = ({ nodeId, ...event }: NodeEvent): boolean =>
      (ids.length === 0 || ids.includes(nodeId)) &&
      (group === undefined || event.group === group) &&
      (role === undefined || event.role === role);
    const events = await fleet.events.watch({
      after: options.since,
      signal: io.interrupts.signal,
      onNote: (text) => output.note(text),
    });
    if (output.live && options.since === undefined && options.lines !== true) {
      const filter = { ...(group === undefined ? {} : { group }), ...(role === undefined ? {} : { role }) };
      await showBoard(call, new NodeBoard(fleet.nodes, { ids: new Set(ids), filter }), events, chosen);
    } else {
      for await (const event of events) {
        if (!chosen(event)) continue;
        if (output.json) output.value(event);
        else output.line(eventLine(output, event));
      }
    }
    return 'done';
  });
}
