import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { FileFollower } from '../../src/terraform/follow.js';

const root = mkdtempSync(join(tmpdir(), 'ny-follow-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What a follower has read so far, and a promise for when it has read at least so much. */
function follow(name: string, more: { maxBytes?: number; content?: string } = {}) {
  const path = join(root, name);
  if (!existsSync(path)) writeFileSync(path, more.content ?? '');
  const seen = { text: '', limits: 0, ends: 0, errors: [] as unknown[] };
  const waiting = new Set<() => void>();
  const follower = new FileFollower({
    path,
    maxBytes: more.maxBytes ?? 1_000_000,
    onChunk: (chunk) => {
      seen.text += Buffer.from(chunk).toString('latin1');
      for (const look of waiting) look();
    },
    onEnd: () => {
      seen.ends += 1;
    },
    onLimit: () => {
      seen.limits += 1;
    },
    onError: (error) => seen.errors.push(error),
  });
  const until = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (seen.text.endsWith(text)) resolve();
      };
      waiting.add(look);
      look();
    });
  return { path, seen, follower, until };
}

describe('following a file', () => {
  it('reads what was there and what is added, in order', async () => {
    const { path, seen, follower, until } = follow('growing', { content: 'one ' });
    await until('one ');
    appendFileSync(path, 'two ');
    await until('two ');
    appendFileSync(path, 'three');
    await follower.finish();
    expect(seen).toEqual({ text: 'one two three', limits: 0, ends: 1, errors: [] });
  });

  it('reads the rest at the end, however much was written at once', async () => {
    const { path, seen, follower } = follow('burst');
    const much = 'abcdefghij'.repeat(50_000);
    appendFileSync(path, much);
    await follower.finish();
    expect(seen.text.length).toBe(much.length);
    expect(seen.text).toBe(much);
  });

  it('tells once that the limit is passed, cuts the file back to its beginning and goes on reading', async () => {
    const { path, seen, follower, until } = follow('limited', { maxBytes: 10 });
    appendFileSync(path, '0123456789abc');
    await until('abc');
    await vi.waitFor(() => expect(statSync(path).size).toBe(10));
    appendFileSync(path, 'def');
    await until('def');
    await follower.finish();
    expect(seen.limits).toBe(1);
    expect(statSync(path).size).toBe(10);
  });

  it('a file that cannot be read is told, not thrown', async () => {
    mkdirSync(join(root, 'directory'));
    const { seen, follower } = follow('directory');
    await follower.finish();
    expect(seen).toMatchObject({ text: '', ends: 1 });
    expect(seen.errors).not.toEqual([]);
  });
});
