/** Expressions: what they come to, what is not known, and what is told of wrong ones. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Load, parseCondition, parseMeasure } from '../../src/groups/expressions.js';

const loads: readonly Load[] = [
  { connections: 10, publishers: 1, metrics: { cpu: 0.5, 'disk.free': 3 } },
  { connections: 30, subscribers: 20, metrics: { cpu: 0.9 } },
  {},
];

describe('a condition', () => {
  it.each([
    ['avg(connections) > 19', true],
    ['avg(connections) > 20', false],
    ['sum(connections) >= 40 && max(cpu) < 1', true],
    ['min(connections) < 10 || count(connections) <= 2', true],
    ['!(count(connections) < 2)', true],
    ['!!(1 < 2)', true],
    // The tighter ones first: 2 + 3·4 = 14, and (a || b) && c is not a || (b && c).
    ['2 + 3 * 4 > 13', true],
    ['(2 + 3) * 4 < 20', false],
    ['8 / 2 / 2 > 1.9', true],
    ['8 - 2 - 2 > 4', false],
    ['1 < 2 || 1 > 2 && 1 > 2', true],
    ['-avg(connections) < -19.5', true],
    ['- -1 > .5e0', true],
    // As Stream Manager 2.0 writes them.
    ['(avg(connections.client)/200)*0.5+(avg(connections.subscriber)/50)*0.5 > 0.2', true],
    ['sum(connections.publisher) < 1', false],
    ['avg(disk.free) > 2', true],
  ])('%s is %s', (text, truth) => {
    expect(parseCondition(text)(loads)).toBe(truth);
  });

  it.each(['avg(gpu) > 1', 'max(gpu) < 1 || 1 > 2', '1 / sum(gpu) > 0', '!(min(gpu) > 0)'])(
    '%s is not known where no node reports it',
    (text) => {
      expect(parseCondition(text)(loads)).toBeUndefined();
    },
  );

  it('is decided by what is known, where that suffices', () => {
    expect(parseCondition('avg(gpu) > 1 && 1 > 2')(loads)).toBe(false);
    expect(parseCondition('avg(gpu) > 1 || 1 < 2')(loads)).toBe(true);
    expect(parseCondition('count(gpu) < 1 && sum(gpu) < 1')(loads)).toBe(true);
  });

  it('does not take what every object has for a metric', () => {
    expect(parseCondition('count(constructor) < 1 && count(toString) < 1')([{ metrics: {} }])).toBe(true);
  });

  it.each([
    ['', 'the end is not expected here; a number, a metric or "(" is (character 1 of "")'],
    [
      'avg(connections)',
      'this is a number, and something that is true or false is needed, such as `… > 10` (character 1',
    ],
    [
      'connections > 1',
      'connections is a number of each node; say over all of them what you mean, such as avg(connections) (character 1',
    ],
    ['median(cpu) > 1', 'median(…) is none of avg, sum, min, max, count (character 1'],
    ['avg(cpu > 1', 'a ")" is missing here (character 9'],
    ['avg(1) > 1', 'avg(…) takes the name of a metric (character 5'],
    ['1 < 2 < 3', '"<" is not expected here (character 7'],
    ['1 < 2 3', '3 is not expected here (character 7'],
    ['1 + (1 < 2) > 0', 'this is true or false, and a number is needed here (character 5'],
    ['1 && 1 < 2', 'this is a number, and something that is true or false is needed here (character 1'],
    ['avg(cpu) == 1', '"=" means nothing here (character 10'],
    ['avg(cpu) > 1; process.exit()', '";" means nothing here (character 13'],
    ['${avg(cpu)} > 1', '"$" means nothing here (character 1'],
    ['1 > 1e999', '1e999 is too large (character 5'],
    [`${'('.repeat(60)}1${')'.repeat(60)} < 2`, 'an expression goes at most 50 deep (character 51'],
    [`1 < ${'1 + '.repeat(400)}1`, 'an expression has at most 1000 characters (character 1'],
  ])('is refused with the place: %.40s', (text, message) => {
    expect(() => parseCondition(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining(message) as string }),
    );
  });
});

describe('a measure', () => {
  it.each([
    ['connections', 10],
    ['(connections.client/200)*10', 0.5],
    ['cpu * 2 - 1', 0],
    ['10', 10],
  ])('%s of one node is %s', (text, value) => {
    expect(parseMeasure(text)(loads[0] ?? {})).toBe(value);
  });

  it('is not known where the node does not say, or where it would divide by nothing', () => {
    expect(parseMeasure('subscribers + 1')({})).toBeUndefined();
    expect(parseMeasure('1 / connections')({ connections: 0 })).toBeUndefined();
  });

  it.each([
    ['avg(cpu)', 'avg(…) speaks of many nodes, and this is about one (character 1'],
    ['cpu > 1', 'this is true or false, and a number is needed (character 1'],
  ])('%s is refused', (text, message) => {
    expect(() => parseMeasure(text)).toThrow(message);
  });
});

it('reads every number and every calculation as JavaScript does', () => {
  const number = fc.double({ min: 1e-3, max: 1e6, noNaN: true }).map(String);
  const { sum } = fc.letrec<{ sum: string; product: string; single: string }>((tie) => ({
    sum: fc
      .tuple(tie('product'), fc.constantFrom(' + ', ' - '), tie('product'))
      .map((parts) => parts.join('')),
    product: fc.oneof(
      fc.tuple(tie('single'), tie('single')).map(([left, right]) => `${left}*${right}`),
      // Never by something that may be nothing.
      fc.tuple(tie('single'), number).map(([left, right]) => `${left} / ${right}`),
    ),
    single: fc.oneof(
      { maxDepth: 3 },
      number,
      tie('sum').map((text) => `(${text})`),
      number.map((text) => `-${text}`),
    ),
  }));
  fc.assert(
    fc.property(sum, (text) => {
      const expected: unknown = new Function(`return ${text}`)();
      expect(parseMeasure(text)({})).toBe(expected);
    }),
  );
});

it('answers every text with a condition or with INVALID_INPUT', () => {
  const word = fc.constantFrom(
    'avg',
    '(',
    ')',
    'cpu',
    '<',
    '>',
    '&&',
    '||',
    '!',
    '-',
    '+',
    '*',
    '/',
    '1',
    '.5',
    ' ',
    '=',
    'é',
    '\u{1f600}',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join('')),
      ),
      (text) => {
        try {
          expect([true, false, undefined]).toContain(parseCondition(text)(loads));
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_INPUT' });
        }
      },
    ),
  );
});
