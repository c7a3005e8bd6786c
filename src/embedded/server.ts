/**
 * The child process of the embedded Redis, behind a guard.
 *
 * The guard is a small POSIX shell between this process and the server. It waits on a pipe that only this process holds
 * open: however this process ends, kill -9 included, the pipe closes and the server gets one TERM.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readlinkSync, renameSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Places } from './places.js';

/**
 * `$1` is the pid file, the rest the server’s command. The inner shell notes its pid before it becomes the server, so
 * that no server ever runs unnoted. The watcher must not outlive the server, or `wait` would leave it behind.
 */
const GUARD = `
exec 3<&0
pidfile=$1
shift
sh -c 'printf %s "$$" >"$0" && exec "$@"' "$pidfile" "$@" 3<&- </dev/null &
server=$!
{ read -r _ <&3; kill -TERM "$server"; } 2>/dev/null &
watcher=$!
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
`;

export interface Server {
  /** Settles when the server has ended, whatever ended it. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** Asks the server to end and waits until it has. */
  end(): Promise<void>;
}

/** Starts a server that stops with this process. It may not be ready yet. */
export function spawnServer(program: string, places: Places): Server {
  rotateLog(places.logFile);
  const log = openSync(places.logFile, 'a', 0o600);
  const guard = spawn(
    '/bin/sh',
    ['-c', GUARD, 'nodeyard-redis-guard', places.pidFile, program, ...serverArgs(places)],
    // Detached: Ctrl-C in the terminal is for this process, which then stops the server itself.
    { cwd: places.directory, detached: true, env: {}, stdio: ['pipe', log, log] },
  );
  closeSync(log);
  guard.unref();
  const pipe = guard.stdin as Socket;
  pipe.unref();
  pipe.on('error', () => undefined);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const settle = () => {
      hasEnded = true;
      resolve();
    };
    guard.once('error', settle).once('exit', (_, signal) => {
      // Somebody ended the guard and not the server, which would now outlive this process.
      if (signal !== null) terminate(runningPid(places));
      settle();
    });
  });
  return {
    ended,
    hasEnded: () => hasEnded,
    async end() {
      guard.ref();
      pipe.end();
      await ended;
    },
  };
}

/** Nothing comes from a file or the environment; every setting that matters is here. Paths are relative to the server’s directory. */
function serverArgs({ socket, directory }: Pick<Places, 'socket' | 'directory'>): string[] {
  const settings = {
    port: '0',
    unixsocket: socket.startsWith(`${directory}/`) ? socket.slice(directory.length + 1) : socket,
    unixsocketperm: '700',
    dir: '.',
    daemonize: 'no',
    appendonly: 'yes',
    appendfsync: 'always',
    // A kill may tear the last command; what was answered is before it.
    'aof-load-truncated': 'yes',
    save: '',
    maxmemory: '0',
    'maxmemory-policy': 'noeviction',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/**
 * The pid of the server that the pid file names, if it still runs. A pid may have gone to another process since, so the
 * process must also be at home in our directory; where there is no /proc to tell, a live pid is taken for the server’s.
 */
export function runningPid({
  pidFile,
  directory,
}: Pick<Places, 'pidFile' | 'directory'>): number | undefined {
  const pid = Number(readIfThere(pidFile) || Number.NaN);
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  try {
    if (existsSync('/proc/self/cwd')) return readlinkSync(`/proc/${pid}/cwd`) === directory ? pid : undefined;
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

function terminate(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended meanwhile.
  }
}

/** The last lines of the server’s log, for an error message. */
export function lastWords({ logFile }: Pick<Places, 'logFile'>): string {
  return readIfThere(logFile).trimEnd().split('\n').slice(-5).join('\n');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** One earlier log is kept: it tells why the last server ended. */
function rotateLog(logFile: string): void {
  try {
    renameSync(logFile, `${logFile}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
