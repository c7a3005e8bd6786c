import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withFileLock } from '../src/file-lock.js';
import { silentLog } from '../src/log.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ny-lock-'));
});
afterEach(() => {
  expect(existsSync(join(directory, 'lock'))).toBe(false);
  rmSync(directory, { recursive: true });
});

const lock = (waitMs: number) => ({ path: join(directory, 'lock'), waitMs, what: 'a test', log: silentLog });

describe('a file lock', () => {
  test('lets one at a time in, and the next when it is free', async () => {
    let inside = 0;
    const step = async (): Promise<number> => {
      inside += 1;
      const seen = inside;
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      return seen;
    };
    const results = await Promise.all(Array.from({ length: 5 }, () => withFileLock(lock(30_000), step)));
    expect(results).toEqual(Array(5).fill({ result: 1 }));
  });

  test('that is held is not waited for when nobody wants to wait', async () => {
    await withFileLock(lock(0), async () => {
      expect(await withFileLock(lock(0), async () => 'inside')).toBeUndefined();
    });
  });

  test('is released when the step throws, and the error comes through', async () => {
    await expect(withFileLock(lock(0), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withFileLock(lock(0), async () => 'inside')).toEqual({ result: 'inside' });
  });

  test('whose directory does not exist says so', async () => {
    const nowhere = { ...lock(0), path: join(directory, 'none', 'lock') };
    await expect(withFileLock(nowhere, async () => 'inside')).rejects.toThrow(/ENOENT/);
  });
});
