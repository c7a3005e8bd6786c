/** Of this package. */
import { createRequire } from 'node:module';

/** By the package’s own name, so that it is found from the sources and from what they are built to. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('nodeyard/package.json') as { version: string };
  return version;
}
