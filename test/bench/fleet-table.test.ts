import { expect, test } from 'vitest';
import type { FleetSample } from '../../bench/fleet-sides.js';
import { fleetTable } from '../../bench/fleet-table.js';

const sample = (create: number, destroy: number, cpuSeconds = 1): FleetSample => ({
  create: { seconds: create, cpuSeconds },
  destroy: { seconds: destroy, cpuSeconds },
});

test('a fleet’s table tells nodes per minute, and each side’s time in multiples of nodeyard’s, round by round', () => {
  const table = fleetTable({
    name: '20 × tiny',
    count: 20,
    samples: {
      nodeyard: [sample(2, 1), sample(4, 1)],
      'xargs -P 2': [sample(1, 2), sample(2, 2)],
    },
    memory: { nodeyard: 265.4 },
  });
  expect(table.columns[0]).toBe('20 × tiny');
  expect(table.rows).toEqual([
    ['nodeyard', '3.00 (2.00–4.00)', '400', '', '1.00 (1.00–1.00)', '1200', '', '2.0', '265 MiB'],
    [
      'xargs -P 2',
      '1.50 (1.00–2.00)',
      '800',
      '0.50 (0.50–0.50)',
      '2.00 (2.00–2.00)',
      '600',
      '2.00 (2.00–2.00)',
      '2.0',
      '–',
    ],
  ]);
});

test('processor time that could not be measured is told as missing', () => {
  const { rows } = fleetTable({
    name: 'f',
    count: 1,
    samples: { nodeyard: [sample(1, 1, Number.NaN)] },
    memory: {},
  });
  expect(rows[0]?.[7]).toBe('–');
});
