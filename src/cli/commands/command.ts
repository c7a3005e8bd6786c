/** `nodeyard command`: tells a node to do something, or shows what it was told. */
import type { Command as Program } from 'commander';
import type { Command, Payload } from '../../commands/commands.js';
import { NodeyardError } from '../../errors.js';
import { readDuration, readTimeout } from '../arguments.js';
import type { Act, Call } from '../call.js';
import { commandTable } from '../command-view.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import type { Fleet } from '../fleet/fleet.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

interface CommandOptions {
  readonly payload?: string;
  readonly ttl?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
}

/** A look even if no event came: one may be missed while Redis is away. */
const LOOK_AGAIN_MS = 5_000;

export function defineCommand(program: Program, act: Act): void {
  const command = program
    .command('command')
    .description('Tell a node to do something; without NAME, show what it was told and what became of it.')
    .argument('<NODE>', 'the node')
    .argument('[NAME]', 'what to do: RemoveSubscribers, or a word of your own that the node knows')
    .option('--payload <json>', 'what goes with it, as JSON')
    .option('--ttl <duration>', 'how long it may wait for its acknowledgement (commands.expiry)')
    .option('--wait', 'wait until the node has acknowledged it, or it has expired')
    .option('--timeout <duration>', 'wait at most so long: 90s, 10m')
    .action((node: string, name: string | undefined, options: CommandOptions) =>
      act((call) => (name === undefined ? show(call, node, options) : tell(call, node, name, options))),
    );
  teach(command, {
    examples: [
      ['nodeyard command k3x9w2m1qa RemoveSubscribers --wait'],
      [`nodeyard command k3x9w2m1qa SetLimit --payload '{"streams":20}'`],
      ['nodeyard command k3x9w2m1qa', 'what it was told, and what became of it'],
    ],
    exits: ['redis', 'missing', 'timeout', 'refused', 'interrupted', 'terminated'],
  });
}

async function show(call: Call, node: string, options: CommandOptions): Promise<ExitName> {
  const [given] = Object.keys(options);
  if (given !== undefined) throw usageError(`--${given} goes with NAME`, `--${given}`);
  return withFleet(call, async ({ commands }) => {
    const told = await commands.list(node);
    if (call.output.json) call.output.value({ commands: told });
    else if (told.length === 0) call.output.note('it was told nothing');
    else call.output.line(commandTable(call.output, told, Date.now()));
    return 'done';
  });
}

async function tell(call: Call, node: string, name: string, options: CommandOptions): Promise<ExitName> {
  const { output } = call;
  const payload = options.payload === undefined ? {} : { payload: readPayload(options.payload) };
  const ttlMs = options.ttl === undefined ? undefined : await readDuration('--ttl', options.ttl);
  const timeoutMs = await readTimeout(options.timeout);
  return withFleet(call, async (fleet) => {
    const wish = { name, ...payload, ...(ttlMs === undefined ? {} : { ttlMs }) };
    const asked = await fleet.commands.ask(node, wish);
    const command = options.wait === true ? await ended(call, fleet, node, asked, timeoutMs) : asked;
    if (output.json) output.value({ command });
    else output.line(commandTable(output, [command], Date.now()));
    return command.outcome === undefined || command.outcome === 'done' ? 'done' : 'failed';
  });
}

function readPayload(text: string): Payload {
  try {
    return JSON.parse(text) as Payload;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`--payload is not JSON: ${why}`, '--payload');
  }
}

/** Throws TIMED_OUT, Interrupted. */
async function ended(
  { io }: Call,
  { commands, events }: Pick<Fleet, 'commands' | 'events'>,
  node: string,
  { id, name }: Command,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<Command> {
  const deadline = performance.now() + timeoutMs;
  let wake = (): void => {};
  const deafen = events.subscribe((event) => {
    if (event.nodeId === node) wake();
  });
  const { signal } = io.interrupts;
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal.throwIfAborted();
      const moved = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const command = (await commands.list(node)).find((each) => each.id === id);
      if (command === undefined) {
        throw new NodeyardError('UNKNOWN_COMMAND', `node ${node} was destroyed before it answered`);
      }
      if (command.outcome !== undefined) return command;
      const left = deadline - performance.now();
      if (left <= 0) {
        throw new NodeyardError('TIMED_OUT', `node ${node} has not acknowledged command ${id}, ${name}`);
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
