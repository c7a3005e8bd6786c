/** Names and values under one another, the names in a column of their own. */
import type { Output } from './output.js';

export type Field = readonly [name: string, value: string | undefined];

/** Fields without a value are left out. Values must be printable; further lines of a value are indented. */
export function fields(output: Output, list: readonly Field[]): string {
  const width = Math.max(...list.map(([name]) => name.length)) + 2;
  return list
    .flatMap(([name, value]) => {
      if (value === undefined || value === '') return [];
      const indented = value.replaceAll('\n', `\n${' '.repeat(width)}`);
      return [`${output.paint('bold', name.padEnd(width))}${indented}`];
    })
    .join('\n');
}
