import { describe, expect, test } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import { failureOfError } from '../../src/operations/run-failure.js';

const errno = (code: string): Error => Object.assign(new Error(`${code}: something, write`), { code });

describe('what was thrown around a run', () => {
  test('keeps its code and its diagnostics where it has them', () => {
    const error = new NodeyardError('LEASE_HELD', 'somebody is at it');
    expect(failureOfError(error)).toEqual({
      code: 'LEASE_HELD',
      message: 'somebody is at it',
      diagnostics: [],
    });
  });

  test.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EIO', 'UNKNOWN'],
  ])('%s of the disk is %s', (code, known) => {
    expect(failureOfError(errno(code))).toMatchObject({
      code: known,
      message: expect.stringContaining(code),
    });
  });

  test('is UNKNOWN when it is no error at all', () => {
    expect(failureOfError('what')).toEqual({ code: 'UNKNOWN', message: 'what', diagnostics: [] });
  });
});
