import { describe, expect, test } from 'vitest';
import { readArguments } from './arguments.js';

describe('the command line of a chaos run', () => {
  test('has a default for everything, and a seed by chance', () => {
    expect(readArguments([], 'chance')).toEqual({
      nodes: 20,
      minutes: 1,
      workers: 3,
      seed: 'chance',
      plan: false,
      json: false,
      keep: false,
    });
  });

  test('takes part of a minute, and any word as a seed', () => {
    expect(readArguments(['--minutes', '0.5', '--seed', '0042', '--json'], 'chance')).toMatchObject({
      minutes: 0.5,
      seed: '0042',
      json: true,
    });
  });

  test.each([
    [['--nodes', '0'], '--nodes must be a whole number from 1 to 1000'],
    [['--nodes', '1e3'], '--nodes must be a whole number from 1 to 1000'],
    [['--workers', '17'], '--workers must be a whole number from 1 to 16'],
    [['--minutes', '-1'], 'minutes'],
    [['--minutes', '0'], '--minutes must be a number above 0'],
    [['--hours', '1'], 'hours'],
    [['everything'], 'everything'],
  ])('refuses %j and says why', (args, problem) => {
    expect(readArguments(args, 'chance')).toEqual({ problem: expect.stringContaining(problem) });
  });
});
