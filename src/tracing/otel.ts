/**
 * Tracing by OpenTelemetry, sent over OTLP/HTTP. Nothing is registered globally: the provider, the context and the way a trace
 * is carried are objects of ours, so two of them in one process, or another program’s own, do not meet.
 */
import { type Attributes, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';
import { packageVersion } from '../version.js';
import { createContexts } from './contexts.js';
import { jobTelemetry } from './job-telemetry.js';
import type { SpanFacts, Tracing } from './tracing.js';

export interface OtelSettings {
  /** Of the collector, without the path of the signal. */
  readonly endpoint: string;
  /** Of the traces that begin here, 0–1; one that began elsewhere is kept or not as was decided there. */
  readonly sample: number;
  readonly serviceName: string;
  readonly log: Log;
}

/** For one attempt to send; more are made while the process lives. */
const SEND_MS = 5_000;
/** For what is left at the end: a shutdown waits for Terraform, not for a collector. */
const FAREWELL_MS = 3_000;

const NAMES: Readonly<Record<keyof SpanFacts, string>> = {
  nodeId: 'nodeyard.node.id',
  stack: 'nodeyard.stack',
  operation: 'nodeyard.operation',
  epoch: 'nodeyard.epoch',
  outcome: 'nodeyard.outcome',
  code: 'nodeyard.code',
  kind: 'nodeyard.run.kind',
  command: 'nodeyard.terraform.command',
  exitCode: 'nodeyard.terraform.exit_code',
  stored: 'nodeyard.state.stored',
};

export function otelTracing({ endpoint, sample, serviceName, log }: OtelSettings): Tracing {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = saying(new OTLPTraceExporter({ url, timeoutMillis: SEND_MS }), log);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': packageVersion() }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sample) }),
    spanProcessors: [new BatchSpanProcessor(exporter, { exportTimeoutMillis: SEND_MS })],
  });
  const tracer = provider.getTracer('nodeyard', packageVersion());
  const contexts = createContexts();
  return {
    jobs: jobTelemetry(tracer, contexts),

    span(name, facts, work) {
      const around = contexts.active();
      const span = tracer.startSpan(`nodeyard.${name}`, { attributes: attributesOf(facts) }, around);
      return contexts.with(trace.setSpan(around, span), async () => {
        try {
          return await work({ note: (more) => note(span, more) });
        } catch (error) {
          note(span, { code: error instanceof NodeyardError ? error.code : 'UNFORESEEN' });
          throw error;
        } finally {
          span.end();
        }
      });
    },

    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, FAREWELL_MS);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

function note(span: Span, facts: SpanFacts): void {
  span.setAttributes(attributesOf(facts));
  if (facts.code !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: facts.code });
}

function attributesOf(facts: SpanFacts): Attributes {
  const attributes: Attributes = {};
  for (const [fact, name] of Object.entries(NAMES)) {
    const value = facts[fact as keyof SpanFacts];
    if (value !== undefined) attributes[name] = value;
  }
  return attributes;
}

/** Says once that the collector cannot be reached, and once that it can again: traces are a courtesy. */
function saying(exporter: SpanExporter, log: Log): SpanExporter {
  let away = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== 0;
        if (failed && !away)
          log.warn({ error: String(result.error) }, 'traces cannot be sent; going on without');
        if (!failed && away) log.info('traces can be sent again');
        away = failed;
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
