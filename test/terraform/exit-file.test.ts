import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  claimTerm,
  clearRunFiles,
  endedByItself,
  readExitFile,
  readPidFile,
  wasTold,
} from '../../src/terraform/exit-file.js';

const root = mkdtempSync(join(tmpdir(), 'ny-exit-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const files = { pid: join(root, 'pid'), exit: join(root, 'exit') };

describe('the files of the guard', () => {
  it.each([
    ['0\n', { exitCode: 0 }, true],
    ['1\n', { exitCode: 1 }, true],
    ['2\n', { exitCode: 2 }, false],
    ['127\n', { exitCode: 127 }, false],
    ['137\n', { signal: 'SIGKILL' }, false],
    ['139\n', { signal: 'SIGSEGV' }, false],
    ['', undefined, false],
    ['1', undefined, false],
    ['-1\n', undefined, false],
    ['garbage\n', undefined, false],
  ])('the status %j means %j; ended by itself: %s', (content, end, byItself) => {
    writeFileSync(files.exit, content);
    expect(readExitFile(files.exit)).toEqual(end);
    expect(endedByItself(readExitFile(files.exit))).toBe(byItself);
  });

  it('a missing one tells nothing', () => {
    expect(readExitFile(join(root, 'absent'))).toBeUndefined();
    expect(readPidFile(join(root, 'absent'))).toBeUndefined();
  });

  it('only one may send the TERM, until the files are cleared for another run', () => {
    writeFileSync(files.pid, '42\n');
    expect(readPidFile(files.pid)).toBe(42);
    expect(wasTold(files.pid)).toBe(false);
    expect([claimTerm(files.pid), claimTerm(files.pid)]).toEqual([true, false]);
    expect(wasTold(files.pid)).toBe(true);
    clearRunFiles(files);
    expect([files.pid, files.exit].map((file) => existsSync(file))).toEqual([false, false]);
    expect(claimTerm(files.pid)).toBe(true);
  });

  it('a mark that cannot be written is an error, not a silent second TERM', () => {
    expect(() => claimTerm(join(root, 'nowhere', 'pid'))).toThrow('ENOENT');
  });
});
