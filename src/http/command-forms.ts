/** Commands in the forms that are no JSON: lines for shells, events for those that listen. */
import { Readable } from 'node:stream';
import type { Command } from '../commands/commands.js';
import { NodeyardError } from '../errors.js';

/** `<id> <name> <payload>`: neither an id nor a name holds a blank, and JSON is written in one line. */
export const commandLines = (commands: readonly Command[]): string =>
  commands.map(({ id, name, payload }) => `${id} ${name} ${JSON.stringify(payload)}\n`).join('');

/** How often something is sent where nothing happens: proxies end what is silent. */
const BREATH_MS = 15_000;

/**
 * Server-Sent Events, from `take`, which waits for so long or until the signal. Throws what the first look throws; a later refusal ends the stream.
 */
export async function commandStream(
  take: (waitMs: number) => Promise<readonly Command[]>,
  signal: AbortSignal,
): Promise<Readable> {
  const first = await take(0);
  async function* events(): AsyncGenerator<string> {
    yield first.map(eventOf).join('') || ': listening\n\n';
    try {
      while (!signal.aborted) yield (await take(BREATH_MS)).map(eventOf).join('') || ':\n\n';
    } catch (error) {
      // The node is on its way out, or Redis went away: its next try is told.
      if (!(error instanceof NodeyardError)) throw error;
    }
  }
  return Readable.from(events(), { objectMode: false });
}

const eventOf = (command: Command): string =>
  `id: ${command.id}\nevent: command\ndata: ${JSON.stringify(command)}\n\n`;
