/** What stands below the options in a command’s `--help`: examples, and what its exit status says. */
import type { Command } from 'commander';
import { EXIT_STATUSES, type ExitName } from './exit-status.js';

export interface Lesson {
  /** Each a whole command line and, where it is not plain, what it does. */
  readonly examples: readonly (readonly [command: string, meaning?: string])[];
  /** Besides `done`, `failed` and `usage`, which every command can end with. */
  readonly exits: readonly ExitName[];
}

export function teach(command: Command, { examples, exits }: Lesson): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const shown = examples.map(([line, meaning]) =>
    meaning === undefined ? `  $ ${line}` : `  $ ${line.padEnd(width)}  # ${meaning}`,
  );
  const names: readonly ExitName[] = ['done', 'failed', 'usage', ...exits];
  return command.addHelpText(
    'after',
    ['', 'Examples:', ...shown, '', 'Exit status:', ...exitLines(names)].join('\n'),
  );
}

export function exitLines(names: readonly ExitName[]): string[] {
  return names
    .map((name) => EXIT_STATUSES[name])
    .sort((a, b) => a.status - b.status)
    .map(({ status, meaning }) => `  ${String(status).padEnd(4)} ${meaning}`);
}
