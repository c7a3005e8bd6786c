/** Real processes around an embedded Redis, for its tests. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const HOLDER = fileURLToPath(new URL('./holder.ts', import.meta.url));

export interface Holder {
  readonly socket: string;
  /** As it was when the holder had started. */
  readonly owned: boolean;
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  isOwner(): Promise<boolean>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts a process that holds the embedded Redis of a data directory. */
export async function startHolder(dataDir: string): Promise<Holder> {
  const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the holder ended without an answer');
    return JSON.parse(value) as unknown;
  };
  const exited = once(child, 'exit');
  const { socket, owned } = (await answer()) as { socket: string; owned: boolean };
  return {
    socket,
    owned,
    child,
    async isOwner() {
      child.stdin.write('owned\n');
      return (await answer()) as boolean;
    },
    async stop() {
      child.stdin.write('stop\n');
      await exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Pids of the Redis servers at work in a data directory. */
export function serversIn(dataDir: string): number[] {
  const directory = join(dataDir, 'redis');
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && cwdOf(pid) === directory && titleOf(pid).includes('-server'));
}

/** Pids of every process that is at home in a data directory: servers and their guards. */
export function processesIn(dataDir: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && cwdOf(pid)?.startsWith(dataDir));
}

export const parentOf = (pid: number): number =>
  Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Waits for something that other processes do and nobody tells of. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

function cwdOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
  } catch {
    return '';
  }
}
