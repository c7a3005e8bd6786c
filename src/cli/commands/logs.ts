/** `nodeyard logs`: what Terraform said in the runs of a node. */
import type { Command } from 'commander';
import { DRIVEN_STATES } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import { unknownNode } from '../../node/unknown-node.js';
import { readCount } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { CommandError, usageError } from '../failure.js';
import type { Fleet, FleetRun, Said } from '../fleet/fleet.js';
import { withFleet } from '../opened.js';
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
  return withFleet(call, async (fleet) => {
    const run = options.follow === true ? await awaitRun(call, fleet, id) : await findRun(fleet, id, epoch);
    if (run === undefined) {
      if (call.io.interrupts.signal.aborted) return 'done';
      throw noLogs(fleet, id, (await known(fleet, id)).epoch);
    }
    await showRun(call, fleet, { id, run, follow: options.follow === true, tail });
    return 'done';
  });
}

async function known({ nodes }: Fleet, id: string): Promise<NodeRecord> {
  const node = await nodes.get(id);
  if (node === undefined) throw unknownNode(id);
  return node;
}

async function findRun(fleet: Fleet, id: string, epoch: number | undefined): Promise<FleetRun | undefined> {
  // Asks for the node first: that also proves the id, which becomes part of a path.
  await known(fleet, id);
  const runs = await fleet.runs.list(id);
  if (epoch === undefined) return runs.at(-1);
  const run = runs.findLast((each) => each.epoch === epoch);
  if (run !== undefined || runs.length === 0) return run;
  const epochs = [...new Set(runs.map((each) => each.epoch))].join(', ');
  throw new CommandError('INVALID_INPUT', `no log of epoch ${epoch} is kept here; there are ${epochs}`, {
    field: '--run',
    exit: 'missing',
    mend: 'Name one of these, or leave --run out.',
  });
}

/** The run at work; where the node waits for one, it is waited for. Otherwise the last one. */
async function awaitRun({ io, output }: Call, fleet: Fleet, id: string): Promise<FleetRun | undefined> {
  const { pause } = await import('../../runs/log-reader.js');
  const { signal } = io.interrupts;
  let told = false;
  while (!signal.aborted) {
    const run = await findRun(fleet, id, undefined);
    if (run?.current === true) return run;
    const { state } = await known(fleet, id);
    if (!DRIVEN_STATES.some((driven) => driven === state)) return run;
    if (!told && !output.json) output.note(`${id} is ${state}; waiting for its run`);
    told = true;
    await pause(signal);
  }
  return undefined;
}

async function showRun(
  { io, output }: Call,
  { runs }: Fleet,
  { id, run, follow, tail }: { id: string; run: FleetRun; follow: boolean; tail: number | undefined },
): Promise<void> {
  const { epoch, operation, runId, current } = run;
  const say =
    (stream: 'log' | 'stderr') =>
    ({ line, text }: Said): void => {
      if (output.json) output.value({ epoch, operation, runId, stream, line, text });
      else output.line(printable(stream === 'log' ? text : `stderr: ${text}`));
    };
  if (!output.json) output.note(heading(output, run));
  if (follow && current) {
    await runs.follow(id, run, { hear: say('log'), signal: io.interrupts.signal });
    return;
  }
  for (const stream of ['log', 'stderr'] as const)
    await runs.read(id, run, { stream, tail, hear: say(stream) });
}

const heading = (output: Output, { epoch, operation, current }: FleetRun): string =>
  output.paintNote('dim', `run ${epoch} (${operation})${current ? ', at work' : ''}`);

function noLogs({ runs }: Fleet, id: string, epoch: number): CommandError {
  if (epoch === 0) {
    return new CommandError('INVALID_INPUT', `node ${id} has had no run yet`, {
      field: 'ID',
      exit: 'missing',
      mend: 'Wait for a worker to take it (`nodeyard logs --follow` does); `nodeyard up` starts one.',
    });
  }
  return new CommandError('INVALID_INPUT', `no log of node ${id} is kept ${runs.whyNone(epoch)}`, {
    field: 'ID',
    exit: 'missing',
    mend: runs.elsewhere(id),
  });
}
