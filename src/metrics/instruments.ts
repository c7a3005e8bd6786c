/** The instruments of one registry, by name; of prom-client, whose registry for all of a process stays unused. */
import { Counter, Gauge, Histogram, type HistogramConfiguration, type Registry } from 'prom-client';
import type { MetricDefinition, MetricName } from './definitions.js';

type Labels = Readonly<Record<string, string>>;

/** A histogram that somebody else keeps. `within`: how many are in each bucket or in one below, in the order of the buckets. */
export interface ShownHistogram {
  readonly count: number;
  readonly sum: number;
  readonly within: readonly number[];
}

export interface Instruments {
  /** Adds to a counter. */
  add(name: MetricName, labels?: Labels, amount?: number): void;
  set(name: MetricName, value: number, labels?: Labels): void;
  observe(name: MetricName, value: number, labels?: Labels): void;
  /** Shows a histogram that is kept elsewhere, as it stands. */
  show(name: MetricName, value: ShownHistogram, labels: Labels): void;
  /** Until it is set or shown again it shows nothing: an old value would be taken for a new one. */
  clear(name: MetricName): void;
}

type Definitions = Readonly<Partial<Record<MetricName, MetricDefinition>>>;

/** Those of the given definitions; to ask for another one is a mistake of the program. */
export function createInstruments(registry: Registry, definitions: Definitions): Instruments {
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const kept = new Map<string, ShownHistograms>();
  for (const [name, definition] of Object.entries(definitions)) {
    const { type, labels, help, buckets = [] } = definition;
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new Counter(options));
    else if (type === 'gauge') gauges.set(name, new Gauge(options));
    else if (definition.kept === true)
      kept.set(name, new ShownHistograms({ ...options, buckets: [...buckets] }));
    else histograms.set(name, new Histogram({ ...options, buckets: [...buckets] }));
  }
  const clear = (name: MetricName): void => {
    const histogram = kept.get(name);
    if (histogram !== undefined) {
      histogram.shown.clear();
      return;
    }
    const gauge = named(gauges, name);
    gauge.reset();
    // What has no labels is reset to 0, which is a value.
    if (definitions[name]?.labels.length === 0) gauge.remove();
  };
  // prom-client begins at 0 what nobody has measured yet.
  for (const name of gauges.keys()) clear(name as MetricName);
  return {
    add: (name, labels = {}, amount = 1) => named(counters, name).inc(labels, amount),
    set: (name, value, labels = {}) => named(gauges, name).set(labels, value),
    observe: (name, value, labels = {}) => named(histograms, name).observe(labels, value),
    show: (name, value, labels) => void named(kept, name).shown.set(labels, value),
    clear,
  };
}

type HistogramOptions = HistogramConfiguration<string> & { readonly buckets: number[] };

/** Of prom-client only its form: nothing is observed here. */
class ShownHistograms extends Histogram {
  readonly shown = new Map<Labels, ShownHistogram>();
  readonly #options: HistogramOptions;

  constructor(options: HistogramOptions) {
    super(options);
    this.#options = options;
  }

  /** What prom-client 15 makes its text of, though its declarations do not tell of it. */
  async getForPromString(): Promise<object> {
    const { name, help, buckets } = this.#options;
    const values = [...this.shown].flatMap(([labels, { count, sum, within }]) => [
      ...buckets.map((le, i) => ({
        metricName: `${name}_bucket`,
        labels: { ...labels, le },
        value: within[i] ?? 0,
      })),
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ]);
    return { name, help, type: 'histogram', values };
  }
}

function named<T>(instruments: ReadonlyMap<string, T>, name: string): T {
  const found = instruments.get(name);
  if (found === undefined) throw new TypeError(`${name} is no such metric here`);
  return found;
}
