/** The commands in the order of `--help`, and the options that all of them take. */
import { Command } from 'commander';
import type { Act } from './call.js';
import { defineApi } from './commands/api.js';
import { defineApply } from './commands/apply.js';
import { defineCommand } from './commands/command.js';
import { defineCreate } from './commands/create.js';
import { defineDemo } from './commands/demo.js';
import { defineDestroy } from './commands/destroy.js';
import { defineDoctor } from './commands/doctor.js';
import { defineExplain } from './commands/explain.js';
import { defineGroup } from './commands/group.js';
import { defineLogs } from './commands/logs.js';
import { defineLs } from './commands/ls.js';
import { defineMove } from './commands/move.js';
import { defineReconcile } from './commands/reconcile.js';
import { defineRetry } from './commands/retry.js';
import { defineRoute } from './commands/route.js';
import { defineShow } from './commands/show.js';
import { defineSimulate } from './commands/simulate.js';
import { defineStacks } from './commands/stacks.js';
import { defineState } from './commands/state.js';
import { defineToken } from './commands/token.js';
import { defineUp } from './commands/up.js';
import { defineWatch } from './commands/watch.js';
import { defineWebhook } from './commands/webhook.js';
import { defineWorker } from './commands/worker.js';
import { EXIT_STATUSES, type ExitName } from './exit-status.js';
import type { Io } from './io.js';
import { exitLines } from './teach.js';

const DEFINITIONS: readonly ((program: Command, act: Act) => void)[] = [
  defineUp,
  defineWorker,
  defineApi,
  defineCreate,
  defineDestroy,
  defineLs,
  defineShow,
  defineWatch,
  defineLogs,
  defineRetry,
  defineMove,
  defineApply,
  defineGroup,
  defineExplain,
  defineRoute,
  defineSimulate,
  defineCommand,
  defineReconcile,
  defineState,
  defineStacks,
  defineToken,
  defineWebhook,
  defineDoctor,
  defineDemo,
];

/** A program that speaks through `io` and never ends the process. */
export const commandOf = (name: string, io: Io): Command =>
  new Command(name)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // run.ts says it, in the form that was asked for.
      outputError: () => {},
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError(true);

export function buildProgram(io: Io, act: Act): Command {
  const program = commandOf('nodeyard', io)
    .description(
      'Creates and destroys cloud nodes from a queue: one job, one Terraform run, nothing leaks.\n' +
        'Without REDIS_URL it runs a private Redis in the data directory.',
    )
    .option('--json', 'print JSON for programs instead of text for people')
    .option('--config <file>', 'configuration file (NODEYARD_CONFIG; else nodeyard.json)')
    .option('--data-dir <dir>', 'runs, logs and the private Redis (NODEYARD_DATA_DIR; else .nodeyard)')
    .option('--redis <url>', 'redis://host:port or the path of a unix socket (REDIS_URL)')
    .option(
      '--api <url>',
      'speak to the API there instead of Redis (NODEYARD_API_URL); the token is NODEYARD_API_TOKEN',
    )
    .option('--allow-plain-http', 'with --api: http, which shows the token to everybody on the way')
    .option('--log-level <level>', 'how much is logged to stderr (NODEYARD_LOG_LEVEL)')
    .option('--no-color', 'no colour (NO_COLOR)');
  for (const define of DEFINITIONS) define(program, act);
  return program.addHelpText('after', epilogue());
}

function epilogue(): string {
  const names = Object.keys(EXIT_STATUSES) as ExitName[];
  return [
    '',
    'Two commands to begin with:',
    '  $ nodeyard up        # everything in one process',
    '  $ nodeyard create --stack local-node --group try --role web --wait',
    '',
    'Exit status:',
    ...exitLines(names),
    '',
    '`nodeyard <command> --help` teaches a command; `nodeyard --version` tells the version.',
    'The configuration and all commands are described in docs/.',
  ].join('\n');
}
