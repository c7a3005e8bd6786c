/** What a benchmark has to say, and its two printed forms: for a terminal, and as Markdown for the README. */

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Report {
  readonly title: string;
  /** How it was measured and what to know when reading it, a sentence each. */
  readonly notes: readonly string[];
  readonly tables: readonly Table[];
  /** Every sample behind the tables, for programs. */
  readonly data: unknown;
}

/** What every benchmark is given. */
export interface BenchContext {
  /** Smaller sizes and fewer rounds: to see that it runs, not for figures. */
  readonly quick: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** A line about what goes on. */
  say(line: string): void;
}

export type Benchmark = (context: BenchContext) => Promise<Report>;

export function textOf({ title, notes, tables }: Report): string {
  return [
    title,
    '='.repeat(title.length),
    ...notes,
    ...tables.map((table) => `\n${textTable(table)}`),
    '',
  ].join('\n');
}

export function markdownOf({ title, notes, tables }: Report): string {
  return [`### ${title}`, notes.join(' '), ...tables.map(markdownTable)].join('\n\n');
}

/** The first column to the left, figures to the right. */
function textTable({ columns, rows }: Table): string {
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, index) =>
        index === 0 ? (cells[0] ?? '').padEnd(width) : (cells[index] ?? '').padStart(width),
      )
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function markdownTable({ columns, rows }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${columns.map((_, index) => (cells[index] ?? '').replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${columns.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`;
  return [line(columns), rule, ...rows.map(line)].join('\n');
}
