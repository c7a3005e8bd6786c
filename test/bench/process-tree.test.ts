import { describe, expect, test } from 'vitest';
import { parsePss, parseStat, treeOf } from '../../bench/process-tree.js';

describe('what the kernel says of a process', () => {
  test('is read behind a name that looks like a part of it', () => {
    const text = '42 (a) R 7 (b) S 41 42 42 0 -1 4194304 100 0 0 0 150 50 25 75 20 0 1 0 12345 0 0';
    expect(parseStat(text)).toEqual({ parent: 41, cpuSeconds: 3 });
  });

  test('gives its share of memory in MiB, and none for a process that is gone', () => {
    expect(parsePss('Rss:  4096 kB\nPss:  2048 kB\nPss_Anon: 1024 kB\n')).toBe(2);
    expect(parsePss('')).toBeNaN();
  });
});

test('a tree holds the process, its children and theirs, and nobody else', () => {
  const parents = new Map([
    [1, 0],
    [10, 1],
    [11, 10],
    [12, 10],
    [13, 12],
    [20, 1],
  ]);
  expect(treeOf(10, parents)).toEqual([10, 11, 12, 13]);
});
