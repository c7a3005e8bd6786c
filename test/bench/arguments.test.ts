import { describe, expect, test } from 'vitest';
import { readArguments } from '../../bench/arguments.js';

const KNOWN = ['job', 'fleet'];

describe('the command line of the benchmarks', () => {
  test('runs all of them when none is named', () => {
    expect(readArguments([], KNOWN)).toEqual({ names: KNOWN, form: 'text', quick: false });
  });

  test('runs those that are named, each once, in the order given', () => {
    expect(readArguments(['fleet', 'job', 'fleet', '--quick', '--markdown'], KNOWN)).toEqual({
      names: ['fleet', 'job'],
      form: 'markdown',
      quick: true,
    });
  });

  test.each([
    [['jobs'], /no benchmark jobs; known are job, fleet/],
    [['toString'], /no benchmark toString/],
    [['--json', '--markdown'], /one of --json and --markdown/],
    [['--rounds=3'], /--rounds/],
  ])('says what is wrong with %j', (args, problem) => {
    expect(readArguments(args, KNOWN)).toEqual({ problem: expect.stringMatching(problem) });
  });

  test('knows when help is wanted, whatever else is said', () => {
    expect(readArguments(['job', '--help'], KNOWN)).toEqual({ help: true });
  });
});
