import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { archiveLog, renderLine, renderLog, summarizeLog, tailLog } from '../../src/terraform/run-log.js';

const root = mkdtempSync(join(tmpdir(), 'ny-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (name: string, content: string): string => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};
const json = (message: string, more: object = {}): string =>
  JSON.stringify({ '@level': 'info', '@message': message, '@timestamp': '2026-01-02T03:04:05Z', ...more });

describe('a stored log for people', () => {
  it('is rendered with time and level, what is not JSON as it is', async () => {
    const path = file('plain', `${json('Creating...', { type: 'log' })}\npanic: oh\n`);
    const lines: string[] = [];
    for await (const line of renderLog(path)) lines.push(line);
    expect(lines).toEqual(['2026-01-02T03:04:05Z info  Creating...', 'panic: oh']);
  });

  it('tells the detail of a diagnostic', () => {
    const diagnostic = { severity: 'error', summary: 's', detail: 'because' };
    expect(renderLine(json('Error: s', { type: 'diagnostic', '@level': 'error', diagnostic }))).toBe(
      '2026-01-02T03:04:05Z error Error: s: because',
    );
  });

  it.each([
    ['shorter than asked', 'a\nb\n', 5, ['a', 'b']],
    ['exactly as long', 'a\nb\n', 2, ['a', 'b']],
    ['longer', 'a\nb\nc\n', 2, ['b', 'c']],
    ['without a last newline', 'a\nb\nc', 2, ['b', 'c']],
    ['empty', '', 3, []],
    ['asked for nothing', 'a\n', 0, []],
  ])('its tail, %s', async (name, content, count, expected) => {
    expect(await tailLog(file(`tail-${name.replaceAll(' ', '-')}`, content), count)).toEqual(expected);
  });

  it('its tail is found across many blocks', async () => {
    const all = Array.from({ length: 20_000 }, (_, index) => `line ${index} ${'x'.repeat(index % 50)}`);
    const path = file('many', `${all.join('\n')}\n`);
    expect(await tailLog(path, 7000)).toEqual(all.slice(-7000));
  });
});

describe('an archived log', () => {
  it('has no secrets, is its owner’s alone, and leaves nothing unfinished beside it', async () => {
    const from = file('with-secret', `${json('token hunter2-secret')}\nplain hunter2-secret`);
    const to = join(root, 'archived');
    await archiveLog(from, to, (text) => text.replaceAll('hunter2-secret', '[redacted]'));
    expect(readFileSync(to, 'utf8')).toBe(`${json('token [redacted]')}\nplain [redacted]\n`);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    expect(readdirSync(root)).not.toContain('archived.new');
  });

  it('of a log that does not exist is an error and leaves nothing', async () => {
    const to = join(root, 'never');
    await expect(archiveLog(join(root, 'absent'), to, (text) => text)).rejects.toThrow('ENOENT');
    expect(readdirSync(root).filter((name) => name.startsWith('never'))).toEqual([]);
  });
});

describe('the summary of a stored log', () => {
  it('tells a dead worker’s successor what was left unfinished', async () => {
    const hook = (addr: string) => ({ resource: { addr, resource_type: 'a' }, action: 'create' });
    const path = file(
      'left',
      [
        json('', { type: 'apply_start', hook: hook('a.one') }),
        json('', { type: 'apply_start', hook: hook('a.two') }),
        json('', { type: 'apply_complete', hook: hook('a.one') }),
        '{"type":"apply_comp',
      ].join('\n'),
    );
    const summary = await summarizeLog(path);
    expect(summary.unfinished).toEqual([{ address: 'a.two', action: 'create' }]);
    expect(summary.progress.done).toBe(1);
  });

  it('is empty without a log', async () => {
    expect(await summarizeLog(join(root, 'absent'))).toMatchObject({ unfinished: [], diagnostics: [] });
  });
});
