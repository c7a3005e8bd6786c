import { expect, test } from 'vitest';
import { markdownOf, type Report, textOf } from '../../bench/report.js';

const report: Report = {
  title: 'A job',
  notes: ['One note.', 'Another.'],
  tables: [
    {
      columns: ['ms', 'job', 'bare'],
      rows: [
        ['create', '75 (72–81)', '50'],
        ['a|b', '1', '2'],
      ],
    },
  ],
  data: {},
};

test('a terminal gets columns in line, figures to the right', () => {
  expect(textOf(report)).toBe(
    [
      'A job',
      '=====',
      'One note.',
      'Another.',
      '',
      'ms             job  bare',
      '------  ----------  ----',
      'create  75 (72–81)    50',
      'a|b              1     2',
      '',
    ].join('\n'),
  );
});

test('the README gets a Markdown table, bars escaped', () => {
  expect(markdownOf(report)).toBe(
    [
      '### A job',
      '',
      'One note. Another.',
      '',
      '| ms | job | bare |',
      '|---|---:|---:|',
      '| create | 75 (72–81) | 50 |',
      '| a\\|b | 1 | 2 |',
    ].join('\n'),
  );
});

test('a row that is short of cells keeps its table whole', () => {
  const table = { columns: ['a', 'b'], rows: [['1']] };
  expect(markdownOf({ ...report, tables: [table] })).toMatch(/\| 1 \| {2}\|$/);
});
