/** The generated part of docs/operations.md: every metric, from src/metrics/definitions.ts. */
import {
  API_METRICS,
  FLEET_METRICS,
  type MetricDefinition,
  PROCESS_METRICS,
  WORKER_METRICS,
} from '../../src/metrics/definitions.js';
import { table } from './page.js';

export function metricTable(): string {
  const groups = { fleet: FLEET_METRICS, process: PROCESS_METRICS, worker: WORKER_METRICS, API: API_METRICS };
  const rows = Object.entries(groups).flatMap(([whose, metrics]) =>
    Object.entries<MetricDefinition>(metrics).map((entry) => row(entry, whose)),
  );
  return table(['metric', 'type', 'of the', 'labels', 'meaning'], rows);
}

const row = ([name, { type, labels, help }]: [string, MetricDefinition], whose: string): string[] => [
  `\`${name}\``,
  type,
  whose,
  labels.map((label) => `\`${label}\``).join(', ') || '–',
  help,
];
