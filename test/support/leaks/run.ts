/** Around a whole run of the tests: makes the place where it is kept what they say, and at the end searches it; a leak fails the run. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORD_DIRECTORY } from './record.js';
import { leakLine, searchForLeaks } from './search.js';

export function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'ny-said-'));
  process.env[RECORD_DIRECTORY] = directory;
  return () => {
    const leaks = searchForLeaks(directory);
    const sources = readdirSync(directory).length;
    if (leaks.length === 0) {
      rmSync(directory, { recursive: true });
      return;
    }
    // Vitest reports what a teardown throws, and leaves the status as it was.
    process.exitCode = 1;
    throw new Error(
      [
        `secrets were said (${sources} places searched, all of them in ${directory}):`,
        ...leaks.map(leakLine),
      ].join('\n'),
    );
  };
}
