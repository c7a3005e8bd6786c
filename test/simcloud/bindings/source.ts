/**
 * The TypeScript from which a module of `@cdktf/provider-aws` was compiled. The JavaScript has lost most of the comments
 * that say what is computed, optional and required; the source map in its last line holds the whole text.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const MAP = /sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)/;

/** `instance` gives the source of `@cdktf/provider-aws/lib/instance`. */
export function bindingSource(module: string): string {
  const file = require.resolve(`@cdktf/provider-aws/lib/${module}/index.js`);
  const encoded = MAP.exec(readFileSync(file, 'utf8'))?.[1];
  if (encoded === undefined) throw new Error(`${file} has no inline source map`);
  const map = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { sourcesContent?: string[] };
  const source = map.sourcesContent?.[0];
  if (source === undefined) throw new Error(`${file}: its source map has no sources`);
  return source;
}
