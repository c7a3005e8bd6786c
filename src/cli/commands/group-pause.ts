/** `nodeyard group pause` and `resume`: whether nodes are created, drained and destroyed by themselves. */
import type { Command } from 'commander';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

interface PauseOptions {
  readonly reason?: string;
}

export function defineGroupPause(group: Command, act: Act): void {
  const command = group
    .command('pause')
    .description(
      'Have nothing created, drained or destroyed by itself in a group: its nodes are in your hand. Runs at work go on.',
    )
    .argument('<NAME>', 'the group')
    .option('--reason <text>', 'why; goes into the history of the group')
    .action((name: string, options: PauseOptions) => act((call) => set(call, name, true, options)));
  teach(command, {
    examples: [['nodeyard group pause media --reason "the cloud is ill"']],
    exits: ['redis', 'missing', 'refused'],
  });
}

export function defineGroupResume(group: Command, act: Act): void {
  const command = group
    .command('resume')
    .description('Let scaling decide again, from whatever it finds.')
    .argument('<NAME>', 'the group')
    .option('--reason <text>', 'why; goes into the history of the group')
    .action((name: string, options: PauseOptions) => act((call) => set(call, name, false, options)));
  teach(command, { examples: [['nodeyard group resume media']], exits: ['redis', 'missing', 'refused'] });
}

const set = (call: Call, name: string, paused: boolean, { reason }: PauseOptions): Promise<ExitName> =>
  withFleet(call, async ({ groups }) => {
    const { group, changed } = await groups.pause(name, paused, reason);
    const { output } = call;
    if (output.json) output.value({ group, changed });
    else if (changed) output.line(`${paused ? 'paused' : 'resumed'} ${name}`);
    else output.line(`${name} ${paused ? 'is paused' : 'is not paused'} already`);
    return 'done';
  });
