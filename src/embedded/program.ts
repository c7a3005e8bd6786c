/** Finds the program of the embedded Redis. */
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { NodeyardError } from '../errors.js';

/** `redis-server` or `valkey-server` on the given PATH. Throws REDIS_UNAVAILABLE with the line to run. */
export function findServer(path: string): string {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const directory of path.split(delimiter).filter(isAbsolute)) {
      const program = join(directory, name);
      if (isExecutable(program)) return program;
    }
  }
  throw new NodeyardError(
    'REDIS_UNAVAILABLE',
    'Neither redis-server nor valkey-server is on the PATH. Run `scripts/setup`, which installs one, or set REDIS_URL.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
