/** What the generated pages are made of. */

/**
 * Replaces what stands between `<!-- generated: name -->` and `<!-- end -->`. Throws when the page has no such place, so
 * that a generated part cannot get lost silently.
 */
export function fill(page: string, name: string, content: string): string {
  const place = new RegExp(`(<!-- generated: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
  if (!place.test(page)) throw new Error(`the page has no place for "${name}"`);
  return page.replace(place, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
}

/** A table with aligned columns, as the formatter wants it. Bars inside cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[], filler = ' '): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, filler)).join(' | ')} |`;
  const [first = [], ...rest] = lines;
  return [line(first), line([], '-'), ...rest.map((cells) => line(cells))].join('\n');
}
