/** That the search of a run finds what leaks: what is searched for, where, and that the run then fails. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newTokenText, writeToken } from '../../../src/auth/token-text.js';
import { createRedactor } from '../../../src/log.js';
import { newSecret } from '../../../src/webhooks/signature.js';
import { RECORD_DIRECTORY, SECRETS_FILE } from './record.js';
import { leakLine, searchForLeaks } from './search.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ny-leaks-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const SAID = 'test∕a.test.ts: log.said';
const used = (value: string, kind = 'a state key') =>
  writeFileSync(
    join(directory, SECRETS_FILE),
    `${JSON.stringify({ kind, file: 'test/b.test.ts', value })}\n`,
  );
const said = (text: string) => writeFileSync(join(directory, SAID), text);

describe('a secret that a test has named', () => {
  test('is found wherever it is said, and told by its kind and its test, never by its value', () => {
    used('c0ffee0123456789');
    said('{"msg":"the key is c0ffee0123456789."}');
    const leaks = searchForLeaks(directory);
    expect(leaks).toEqual([{ kind: 'a state key', usedBy: 'test/b.test.ts', said: 'test/a.test.ts: log' }]);
    expect(leaks.map(leakLine)).toEqual([
      'a state key (used by test/b.test.ts) was said in test/a.test.ts: log',
    ]);
  });

  test.each([
    ['JSON', JSON.stringify({ p: 'pass"word\\here' })],
    ['a URL', `redis://u:${encodeURIComponent('pass"word\\here')}@h`],
  ])('is found as %s writes it', (_, text) => {
    used('pass"word\\here');
    said(text);
    expect(searchForLeaks(directory)).toHaveLength(1);
  });

  test('is not found where it was taken out', () => {
    used('c0ffee0123456789');
    said(createRedactor(['c0ffee0123456789'])('the key is c0ffee0123456789'));
    expect(searchForLeaks(directory)).toEqual([]);
  });
});

describe('a secret that nobody has named', () => {
  const jwt = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${'s'.repeat(86)}`;
  test.each([
    ['a token of the API', writeToken(newTokenText())],
    ['a token of a node', `nyn_edge-1_${'A-z_'.repeat(10)}abc`],
    ['a secret of a webhook', newSecret()],
    ['a signed bearer', jwt],
  ])('is found by its form: %s', (kind, value) => {
    said(`{"authorization":"Bearer ${value}"}`);
    expect(searchForLeaks(directory)).toEqual([{ kind, usedBy: undefined, said: 'test/a.test.ts: log' }]);
  });

  test('is not found where the log has taken it out', () => {
    const redact = createRedactor([]);
    said(redact(`${writeToken(newTokenText())} nyn_edge-1_${'A-z_'.repeat(10)}abc`));
    expect(searchForLeaks(directory)).toEqual([]);
  });
});

describe('a run of tests that all pass', () => {
  const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));
  const config = fileURLToPath(new URL('../../fixtures/leaking/vitest.config.ts', import.meta.url));
  const run = (leaking: string): Promise<{ status: number | null; output: string }> =>
    new Promise((resolve) => {
      const { [RECORD_DIRECTORY]: _, ...env } = process.env;
      const child = execFile(
        process.execPath,
        [vitest, 'run', '--config', config, '--root', process.cwd()],
        { env: { ...env, LEAKING: leaking } },
        (_error, stdout, stderr) => resolve({ status: child.exitCode, output: stdout + stderr }),
      );
    });

  test('fails when one of them has leaked, and says which kind of secret, of which test, but not the secret', async () => {
    const { status, output } = await run('on');
    expect(output).toContain('1 passed');
    expect(output).toContain(
      'a password that leaks on purpose (used by test/fixtures/leaking/leaking.test.ts)',
    );
    expect(output).toContain('was said in test/fixtures/leaking/leaking.test.ts: stderr of a process');
    expect(output).not.toContain('correct-horse-battery');
    expect(status).toBe(1);
    rmSync(/all of them in (\S+)\)/.exec(output)?.[1] ?? '', { recursive: true });
  });

  test('passes when none has', async () => {
    const { status, output } = await run('off');
    expect([status, output]).toEqual([0, expect.stringContaining('1 passed')]);
  });
});
