/**
 * A private Redis for one test file: a random unix socket, nothing on disk, ended at the end. `redis-server` or
 * `valkey-server`, whichever the machine has.
 */
import { spawn, spawnSync } from 'node:child_process';
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
  stop(): Promise<void>;
}

export async function startTestRedis(settings: readonly string[] = []): Promise<TestRedis> {
  if (found === undefined)
    throw new Error('neither redis-server nor valkey-server is on the PATH: run `npm test`');
  const dir = mkdtempSync(join(tmpdir(), 'ny-redis-'));
  const socket = join(dir, 's');
  const args = [
    '--port',
    '0',
    '--unixsocket',
    socket,
    '--dir',
    dir,
    '--save',
    '',
    '--maxmemory-policy',
    'noeviction',
  ];
  const server = spawn(found, [...args, '--appendonly', 'yes', ...settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  for await (const line of createInterface({ input: server.stdout })) {
    if (/ready to accept connections/i.test(line)) break;
  }
  server.stdout.resume();
  return {
    socket,
    pid: server.pid as number,
    async stop() {
      server.kill('SIGKILL');
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
