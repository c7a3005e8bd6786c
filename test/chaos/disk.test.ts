import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSmallDisk, type SmallDisk } from './disk.js';

let root: string;
let disk: SmallDisk;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ny-disk-'));
  disk = openSmallDisk(join(root, 'disk'), 2);
});
afterEach(() => {
  disk.close();
  rmSync(root, { recursive: true, force: true });
});

const write = (bytes = 8192): void => writeFileSync(join(disk.path, 'file'), Buffer.alloc(bytes, 1));

describe('a small disk', () => {
  test('is a directory that can be written to, whether it can be filled or not', () => {
    write();
    expect(readFileSync(join(disk.path, 'file'))).toHaveLength(8192);
  });

  test('that cannot be mounted says why, and is not filled', async () => {
    const plain = openSmallDisk(join(root, 'plain'), 2, () => false);
    expect(plain.problem).toMatch(/cannot be mounted/);
    await plain.fill(60_000, new AbortController().signal);
    writeFileSync(join(plain.path, 'file'), 'x');
  });

  test('that is filled has no room for anybody, until the end of the attack', async ({ skip }) => {
    if (disk.problem !== undefined) skip(disk.problem);
    const ending = new AbortController();
    const filling = disk.fill(60_000, ending.signal);
    expect(() => write()).toThrow('ENOSPC');
    ending.abort();
    await filling;
    write();
  });

  test('is copied without the ballast to where it outlives its end', async ({ skip }) => {
    if (disk.problem !== undefined) skip(disk.problem);
    write();
    const ending = new AbortController();
    const filling = disk.fill(60_000, ending.signal);
    disk.rescue(join(root, 'kept'));
    ending.abort();
    await filling;
    expect(readFileSync(join(root, 'kept', 'file'))).toHaveLength(8192);
    expect(existsSync(join(root, 'kept', '.ballast'))).toBe(false);
  });
});
