/** What an expression may name: the counts of a load, a node’s own metrics, and the words of Stream Manager 2.0 for the counts. */
import type { Load } from './load.js';

const COUNTS = ['connections', 'publishers', 'subscribers'] as const;
type Count = (typeof COUNTS)[number];

const SYNONYMS: Readonly<Record<string, Count>> = {
  'connections.client': 'connections',
  'connections.publisher': 'publishers',
  'connections.subscriber': 'subscribers',
};

/** The name that a metric goes by here. */
export const metricOf = (name: string): string =>
  Object.hasOwn(SYNONYMS, name) ? (SYNONYMS[name] ?? name) : name;

/** Undefined where the node does not report it. */
export function reported(load: Load, metric: string): number | undefined {
  const count = COUNTS.find((each) => each === metric);
  if (count !== undefined) return load[count];
  return load.metrics !== undefined && Object.hasOwn(load.metrics, metric) ? load.metrics[metric] : undefined;
}
