/** `nodeyard logs`: what Terraform said in the runs of a node. */
import type { Command } from 'commander';
import type { App } from '../../app.js';
import { DRIVEN_STATES } from '../../node/lifecycle.js';
import type { RunLog } from '../../runs/run-logs.js';
import { readCount } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { CommandError, usageError } from '../failure.js';
import { withApp } from '../opened.js';
import type { Output } from '../output.js';
import { printable } from '../printable.js';
import { teach } from '../teach.js';

interface LogsOptions {
  readonly run?: string;
  readonly tail?: string;
  readonly follow?: boolean;
}

const MOST = 1_000_000;

export function defineLogs(program: Command, act: Act): void {
  const command = program
    .command('logs')
    .description(
      'Show what Terraform said in a node’s runs on this machine: the last run, or the one at work.',
    )
    .argument('<ID>', 'the node')
    .option('--run <epoch>', 'the run of this epoch; `nodeyard show` lists them')
    .option('--tail <n>', 'only the last n lines')
    .option('--follow', 'go on until the run at work has ended')
    .action((id: string, options: LogsOptions) => act((call) => logs(call, id, options)));
  teach(command, {
    examples: [
      ['nodeyard logs k3x9w2m1qa --tail 20'],
      ['nodeyard logs k3x9w2m1qa --run 2 --json', 'Terraform’s own lines'],
      ['nodeyard logs k3x9w2m1qa --follow'],
    ],
    exits: ['redis', 'missing'],
  });
}

async function logs(call: Call, id: string, options: LogsOptions): Promise<ExitName> {
  const epoch = options.run === undefined ? undefined : readCount('--run', options.run, { min: 1, max: 1e9 });
  const tail =
    options.tail === undefined ? undefined : readCount('--tail', options.tail, { min: 1, max: MOST });
  if (options.follow === true && (epoch !== undefined || tail !== undefined)) {
    throw usageError(
      '--follow shows the run at work from its beginning, without --run and --tail',
      '--follow',
    );
  }
  return withApp(call, async (app) => {
    // Asks for the node first: that also proves the id, which becomes part of a path.
    const { epoch: newest } = await app.client.get(id);
    const run = options.follow === true ? await awaitRun(call, app, id) : await findRun(app, id, epoch);
    if (run === undefined) {
      if (call.io.interrupts.signal.aborted) return 'done';
      throw noLogs(app, id, newest);
    }
    await showRun(call, app, run, options.follow === true, tail);
    return 'done';
  });
}

async function findRun(app: App, id: string, epoch: number | undefined): Promise<RunLog | undefined> {
  const { runLogs } = await import('../../runs/run-logs.js');
  const runs = await runLogs(app.directories, id);
  if (epoch === undefined) return runs.at(-1);
  const run = runs.findLast((each) => each.epoch === epoch);
  if (run !== undefined || runs.length === 0) return run;
  const known = [...new Set(runs.map((each) => each.epoch))].join(', ');
  throw new CommandError('INVALID_INPUT', `no log of epoch ${epoch} is kept here; there are ${known}`, {
    field: '--run',
    exit: 'missing',
    mend: 'Name one of these, or leave --run out.',
  });
}

/** The run at work; where the node waits for one, it is waited for. Otherwise the last one. */
async function awaitRun({ io, output }: Call, app: App, id: string): Promise<RunLog | undefined> {
  const { pause } = await import('../../runs/log-reader.js');
  const { signal } = io.interrupts;
  let told = false;
  while (!signal.aborted) {
    const run = await findRun(app, id, undefined);
    if (run?.directory !== undefined) return run;
    const { state } = await app.client.get(id);
    if (!DRIVEN_STATES.some((driven) => driven === state)) return run;
    if (!told && !output.json) output.note(`${id} is ${state}; waiting for its run`);
    told = true;
    await pause(signal);
  }
  return undefined;
}

async function showRun(
  { io, output }: Call,
  app: App,
  run: RunLog,
  follow: boolean,
  tail: number | undefined,
): Promise<void> {
  const { followLog, logLines } = await import('../../runs/log-reader.js');
  const { renderLine } = await import('../../terraform/run-log.js');
  const { epoch, operation, runId, directory } = run;
  const say = (stream: 'log' | 'stderr') => (raw: string) => {
    const line = app.redact(raw);
    const text = stream === 'log' ? renderLine(line) : line;
    if (output.json) output.value({ epoch, operation, runId, stream, line, text });
    else output.line(printable(stream === 'log' ? text : `stderr: ${text}`));
  };
  if (!output.json) output.note(heading(output, run));
  if (follow && directory !== undefined) {
    await followLog({ path: run.log, directory, onLine: say('log'), signal: io.interrupts.signal });
    return;
  }
  for await (const line of logLines(run.log, tail)) say('log')(line);
  for await (const line of logLines(run.stderr, tail)) say('stderr')(line);
}

const heading = (output: Output, { epoch, operation, directory }: RunLog): string =>
  output.paintNote('dim', `run ${epoch} (${operation})${directory === undefined ? '' : ', at work'}`);

function noLogs({ directories, config }: App, id: string, epoch: number): CommandError {
  if (epoch === 0) {
    return new CommandError('INVALID_INPUT', `node ${id} has had no run yet`, {
      field: 'ID',
      exit: 'missing',
      mend: 'Wait for a worker to take it (`nodeyard logs --follow` does); `nodeyard up` starts one.',
    });
  }
  return new CommandError(
    'INVALID_INPUT',
    `no log of node ${id} is kept below ${directories.logs}: its ${epoch === 1 ? 'run was' : 'runs were'} on another machine or with another data directory, or the logs have aged out (${config.retention.logsMs / 86_400_000} days)`,
    {
      field: 'ID',
      exit: 'missing',
      mend: `Look in the data directory of the worker that ran it: logs/${id}/ there.`,
    },
  );
}
