/** The command line as a function: arguments and surroundings in, exit status out. It never ends the process. */
import { type Command, CommanderError } from 'commander';
import { packageVersion } from '../version.js';
import type { Act, GlobalOptions } from './call.js';
import { type ExitName, statusOf } from './exit-status.js';
import { exitNameOf, usageError } from './failure.js';
import type { Io } from './io.js';
import { Output } from './output.js';
import { buildProgram } from './program.js';

/** Runs one command line (without the program’s name), of `nodeyard` or of another program. Answers the exit status. */
export async function run(
  argv: readonly string[],
  io: Io,
  build: (io: Io, act: Act) => Command = buildProgram,
): Promise<number> {
  if (argv.length === 1 && ['--version', '-V'].includes(argv[0] ?? '')) {
    io.stdout.write(`${packageVersion()}\n`);
    return statusOf('done');
  }
  let ending: ExitName = 'done';
  const act: Act = async (action) => {
    const options = program.opts<GlobalOptions>();
    const output = new Output(io, { json: options.json === true, color: options.color });
    ending = await action({ io, output, options });
  };
  const program = build(io, act);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return statusOf(ending);
  } catch (error) {
    if (error instanceof CommanderError && SHOWN.has(error.code)) {
      return statusOf(error.exitCode === 0 ? 'done' : 'usage');
    }
    const shown = error instanceof CommanderError ? usageOf(error) : error;
    // Looked for in the words themselves: a line that cannot be parsed has no options yet.
    const output = new Output(io, { json: argv.includes('--json'), color: !argv.includes('--no-color') });
    output.error(shown);
    return statusOf(exitNameOf(shown));
  }
}

/** Commander has printed what there is to say. */
const SHOWN = new Set(['commander.helpDisplayed', 'commander.help', 'commander.version']);

/** Commander’s words, without its prefix; the option that they quote becomes the field. */
function usageOf(error: CommanderError): Error {
  const message = error.message.replace(/^error: /, '');
  return usageError(message, /'[^']*?(--[a-z-]+)/.exec(message)?.[1]);
}
