/** The generated part of docs/operations.md: every metric, from src/metrics/definitions.ts. */
import { FLEET_METRICS, type MetricDefinition, OWN_METRICS } from '../../src/metrics/definitions.js';
import { table } from './page.js';

export function metricTable(): string {
  const rows = [
    ...Object.entries<MetricDefinition>(FLEET_METRICS).map((entry) => row(entry, 'fleet')),
    ...Object.entries<MetricDefinition>(OWN_METRICS).map((entry) => row(entry, 'process')),
  ];
  return table(['metric', 'type', 'of the', 'labels', 'meaning'], rows);
}

const row = ([name, { type, labels, help }]: [string, MetricDefinition], whose: string): string[] => [
  `\`${name}\``,
  type,
  whose,
  labels.map((label) => `\`${label}\``).join(', ') || '–',
  help,
];
