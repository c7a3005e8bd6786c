/** The instruments of one registry, by name; of prom-client, whose registry for all of a process stays unused. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DURATION_BUCKETS, METRICS, type MetricName } from './definitions.js';

type Labels = Readonly<Record<string, string>>;

export interface Instruments {
  /** Adds to a counter. */
  add(name: MetricName, labels?: Labels, amount?: number): void;
  set(name: MetricName, value: number, labels?: Labels): void;
  observe(name: MetricName, value: number, labels?: Labels): void;
  /** Until it is set again a gauge shows nothing: an old value would be taken for a new one. */
  clear(name: MetricName): void;
}

export function createInstruments(registry: Registry): Instruments {
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, { type, labels, help }] of Object.entries(METRICS)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new Counter(options));
    else if (type === 'gauge') gauges.set(name, new Gauge(options));
    else histograms.set(name, new Histogram({ ...options, buckets: DURATION_BUCKETS }));
  }
  const clear = (name: string): void => {
    const gauge = named(gauges, name);
    gauge.reset();
    // What has no labels is reset to 0, which is a value.
    if (METRICS[name as MetricName].labels.length === 0) gauge.remove();
  };
  // prom-client begins at 0 what nobody has measured yet.
  for (const name of gauges.keys()) clear(name);
  return {
    add: (name, labels = {}, amount = 1) => named(counters, name).inc(labels, amount),
    set: (name, value, labels = {}) => named(gauges, name).set(labels, value),
    observe: (name, value, labels = {}) => named(histograms, name).observe(labels, value),
    clear,
  };
}

function named<T>(instruments: ReadonlyMap<string, T>, name: string): T {
  const found = instruments.get(name);
  if (found === undefined) throw new TypeError(`${name} is no such metric`);
  return found;
}
