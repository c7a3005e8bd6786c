/**
 * A small disk for a data directory, that can be filled: a file system in memory (tmpfs), whose ENOSPC is the true one. To
 * mount it takes root, or a mount namespace in which one is root (scripts/chaos); where it cannot be had, the data
 * directory lies on the machine’s own disk and is not filled.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { wait } from './waiting.js';

const BALLAST = '.ballast';
const BLOCKS = [1 << 20, 4096].map((size) => Buffer.alloc(size, 1));
/** What runs delete meanwhile is taken as well. */
const AGAIN_MS = 100;

export interface SmallDisk {
  readonly path: string;
  /** Why it cannot be filled. */
  readonly problem?: string;
  /** Full from now on, until the time is over or the signal comes. */
  fill(forMs: number, signal: AbortSignal): Promise<void>;
  /** Copies what is on it to where it outlives the disk. */
  rescue(to: string): void;
  close(): void;
}

/** `mount` mounts a disk of that size and answers whether it could. */
export function openSmallDisk(path: string, mebibytes: number, mount = mountInMemory): SmallDisk {
  mkdirSync(path, { recursive: true });
  const mounted = mount(path, mebibytes);
  const ballast = join(path, BALLAST);
  return {
    path,
    ...(mounted ? {} : { problem: 'a file system in memory cannot be mounted' }),
    async fill(forMs, signal) {
      if (!mounted) return;
      const until = performance.now() + forMs;
      try {
        do takeAll(ballast);
        while ((await wait(AGAIN_MS, signal)) && performance.now() < until);
      } finally {
        rmSync(ballast, { force: true });
      }
    },
    rescue(to) {
      if (mounted) cpSync(path, to, { recursive: true, filter: (from) => basename(from) !== BALLAST });
    },
    close() {
      if (mounted) spawnSync('umount', ['-l', path]);
    },
  };
}

function mountInMemory(path: string, mebibytes: number): boolean {
  const options = ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'tmpfs', path];
  return process.platform === 'linux' && spawnSync('mount', options).status === 0;
}

function takeAll(file: string): void {
  const open = openSync(file, 'a');
  try {
    for (const block of BLOCKS) writeUntilFull(open, block);
  } finally {
    closeSync(open);
  }
}

function writeUntilFull(file: number, block: Buffer): void {
  try {
    while (writeSync(file, block) === block.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
