/** A page whose text is written by hand around parts that are generated. */

/**
 * Replaces what stands between `<!-- generated: name -->` and `<!-- end -->`. Throws when the page has no such place, so
 * that a generated part cannot get lost silently.
 */
export function fill(page: string, name: string, content: string): string {
  const place = new RegExp(`(<!-- generated: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
  if (!place.test(page)) throw new Error(`the page has no place for "${name}"`);
  return page.replace(place, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
}
