/** How commands to nodes look in a table. */
import type { Command } from '../commands/commands.js';
import type { Output } from './output.js';
import { printable } from './printable.js';
import { cut, table } from './table.js';
import { age } from './times.js';

const LONGEST = 60;
const HEADS = ['ID', 'NAME', 'ASKED', 'DELIVERED', 'OUTCOME', 'PAYLOAD', 'MESSAGE'] as const;

/** `now` is the time that ages count to. */
export const commandTable = (output: Output, commands: readonly Command[], now: number): string =>
  table(
    output,
    HEADS,
    commands.map(({ id, name, askedAt, deliveries, outcome, payload, message }) => [
      id,
      printable(name),
      `${age(Math.max(0, now - askedAt))} ago`,
      deliveries === 0 ? 'not yet' : `${deliveries} time${deliveries === 1 ? '' : 's'}`,
      outcome === undefined ? 'waits' : output.paint(outcome === 'done' ? 'green' : 'red', outcome),
      payload === null ? '' : cut(printable(JSON.stringify(payload)), LONGEST),
      message === undefined ? '' : cut(printable(message), LONGEST),
    ]),
  );
