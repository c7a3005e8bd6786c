/** `nodeyard group delete`: has all nodes of a group destroyed, and then the group forgotten. */
import type { Command } from 'commander';
import { NodeyardError } from '../../errors.js';
import { found } from '../../groups/accepted.js';
import { readTimeout } from '../arguments.js';
import type { Act, Call } from '../call.js';
import { eventLine } from '../event-line.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import type { Fleet } from '../fleet/fleet.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

interface DeleteOptions {
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout?: string;
}

/** The end of a group is no event of a node; and an API shall not be asked anew for every one of a thousand nodes. */
const LOOK_AGAIN_MS = 1_000;

export function defineGroupDelete(group: Command, act: Act): void {
  const command = group
    .command('delete')
    .description(
      'Have all nodes of a group destroyed, and then the group forgotten. There is no way back: it takes no change from now on.',
    )
    .argument('<NAME>', 'the group')
    .option('--yes', 'do it; without it the command only says how many nodes it would destroy')
    .option('--wait', 'wait until the last node is gone, and the group with it')
    .option('--timeout <duration>', 'wait at most so long: 90s, 10m')
    .action((name: string, options: DeleteOptions) => act((call) => remove(call, name, options)));
  teach(command, {
    examples: [
      ['nodeyard group delete media', 'says how many nodes that would be'],
      ['nodeyard group delete media --yes --wait --timeout 30m'],
    ],
    exits: ['redis', 'missing', 'timeout', 'interrupted', 'terminated'],
  });
}

async function remove(call: Call, name: string, options: DeleteOptions): Promise<ExitName> {
  const { output } = call;
  const timeoutMs = await readTimeout(options.timeout);
  return withFleet(call, async (fleet) => {
    if (options.yes !== true) {
      found(name, await fleet.groups.get(name));
      const nodes = await fleet.groups.size(name);
      throw usageError(
        `this would destroy ${nodes} node${nodes === 1 ? '' : 's'}, and end group ${name}`,
        '--yes',
        'Add --yes to do it; `nodeyard group show` tells what there is.',
      );
    }
    const { group, changed } = await fleet.groups.delete(name);
    const nodes = await fleet.groups.size(name);
    if (options.wait === true) await gone(call, fleet, name, timeoutMs);
    if (output.json) output.value({ group, changed, nodes, gone: options.wait === true });
    else if (options.wait === true) output.line(`${name} is gone`);
    else output.line(`${name} is being deleted, with ${nodes} node${nodes === 1 ? '' : 's'}`);
    return 'done';
  });
}

/** Shows people on the way what happens. Throws TIMED_OUT, Interrupted. */
async function gone(
  { io, output }: Call,
  fleet: Pick<Fleet, 'groups' | 'events'>,
  name: string,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const { signal } = io.interrupts;
  let wake = (): void => {};
  const deafen = fleet.events.subscribe((event) => {
    if (event.group === name && !output.json) output.note(eventLine(output, event));
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal.throwIfAborted();
      const moved = new Promise<void>((resolve) => {
        wake = resolve;
      });
      // One that was made anew under its name is another.
      if ((await fleet.groups.get(name))?.group.deletedAt === undefined) return;
      const left = deadline - performance.now();
      if (left <= 0) {
        const nodes = await fleet.groups.size(name);
        const message = `group ${name} still has ${nodes} node${nodes === 1 ? '' : 's'} after ${timeoutMs} ms`;
        throw new NodeyardError('TIMED_OUT', message);
      }
      const late = setTimeout(() => wake(), Math.min(left, LOOK_AGAIN_MS));
      await moved;
      clearTimeout(late);
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    deafen();
  }
}
