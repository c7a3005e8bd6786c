/** Where the embedded Redis lives: its data, its log, its pid, its lock and its socket. */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { NodeyardError } from '../errors.js';

export interface Places {
  readonly directory: string;
  readonly socket: string;
  readonly pidFile: string;
  readonly logFile: string;
  /** Held while a server is started or stopped. */
  readonly lock: string;
}

/** Addresses of unix sockets hold 104 bytes on macOS and 108 on Linux, with the zero at the end. */
const LONGEST_SOCKET = 103;

/** Makes what is missing. Two paths to one directory (a symbolic link) give the same places. */
export function placesIn(dataDir: string): Places {
  mkdirSync(join(dataDir, 'redis'), { recursive: true, mode: 0o700 });
  const directory = realpathSync(join(dataDir, 'redis'));
  chmodSync(directory, 0o700);
  return {
    directory,
    socket: socketIn(directory),
    pidFile: join(directory, 'redis.pid'),
    logFile: join(directory, 'redis.log'),
    lock: join(directory, 'redis.lock'),
  };
}

function socketIn(directory: string): string {
  const near = join(directory, 'redis.sock');
  return Buffer.byteLength(near) <= LONGEST_SOCKET ? near : join(shortDirectory(directory), 'redis.sock');
}

/** `/tmp` and not TMPDIR: every process that shares the data directory must come to the same path. */
function shortDirectory(directory: string): string {
  const owner = process.getuid?.() ?? 0;
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  const path = `/tmp/nodeyard-${owner}-${hash}`;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(path);
  if (uid !== owner || (mode & 0o170777) !== 0o040700) {
    throw new NodeyardError(
      'REDIS_UNAVAILABLE',
      `${path}, the place of the embedded Redis’s socket, belongs to somebody else or is open to others: remove it, or choose a data directory with a shorter path (NODEYARD_DATA_DIR)`,
    );
  }
  return path;
}
