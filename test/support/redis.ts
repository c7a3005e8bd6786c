/**
 * A private Redis for one test file: a random unix socket, its files in a directory of its own, ended at the end.
 * `redis-server` or `valkey-server`, whichever the machine has.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const found = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);

export interface TestRedis {
  /** Path of the unix socket; ioredis takes it as `new Redis(path)`. */
  readonly socket: string;
  readonly pid: number;
  /** Ends it, hard unless said otherwise, and waits until it has ended; what it has written to its journal stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same socket, from its journal. */
  restart(): Promise<void>;
  /** Ends it for good and removes its files. */
  stop(): Promise<void>;
}

/** Its files are in `directory`, made for it when not given; its path must be short, for the socket’s sake. */
export async function startTestRedis(
  settings: readonly string[] = [],
  directory: string = mkdtempSync(join(tmpdir(), 'ny-redis-')),
): Promise<TestRedis> {
  const socket = join(directory, 's');
  const start = () => spawnServer(directory, socket, settings);
  let server = await start();
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  };
  return {
    socket,
    get pid() {
      return server.pid as number;
    },
    kill,
    async restart() {
      await kill();
      server = await start();
    },
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function spawnServer(
  directory: string,
  socket: string,
  settings: readonly string[],
): Promise<ChildProcess> {
  if (found === undefined)
    throw new Error('neither redis-server nor valkey-server is on the PATH: run `npm test`');
  const place = ['--port', '0', '--unixsocket', socket, '--dir', directory];
  const safety = ['--save', '', '--maxmemory-policy', 'noeviction', '--appendonly', 'yes'];
  const server = spawn(found, [...place, ...safety, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout })) {
    if (/ready to accept connections/i.test(line)) break;
  }
  server.stdout.resume();
  return server;
}
