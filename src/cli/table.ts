/** Tables without lines: columns apart by two spaces, as `ls` of anything prints them. */
import Table from 'cli-table3';
import type { Output } from './output.js';

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Rows under bold heads. Cells must be printable; the last column is cut at the edge of a terminal. */
export function table(
  output: Output,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const made = new Table({
    head: heads.map((head) => output.paint('bold', head)),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) made.push([...row]);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Cuts a text that is too long for its column. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;
