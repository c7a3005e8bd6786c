import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endOldLogs } from '../../src/operations/housekeeping.js';

const DAY_MS = 86_400_000;
const NOW = 100 * DAY_MS;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ny-house-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function logFile(node: string, name: string, ageDays: number): string {
  mkdirSync(join(root, node), { recursive: true });
  const file = join(root, node, name);
  writeFileSync(file, '');
  const time = new Date(NOW - ageDays * DAY_MS);
  utimesSync(file, time, time);
  return file;
}

const keep = (logsRoot = root) => endOldLogs({ logsRoot, logsMs: 14 * DAY_MS, now: () => NOW });

describe('housekeeping', () => {
  test('ends logs that are older than their retention, and only those', async () => {
    const old = logFile('a', '000001-create.jsonl', 15);
    const young = logFile('a', '000002-destroy.jsonl', 13);
    expect(await keep()).toBe(1);
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  });

  test('ends a node’s directory with its last log', async () => {
    logFile('gone', '000001-create.jsonl', 15);
    await keep();
    expect(existsSync(join(root, 'gone'))).toBe(false);
  });

  test('is content where no log was ever kept', async () => {
    expect(await keep(join(root, 'none'))).toBe(0);
  });
});
