/**
 * How a trace travels with a job: the header `traceparent` of W3C Trace Context, as JSON, which is what bullmq-otel and every
 * other OpenTelemetry producer of BullMQ jobs writes.
 */
import { type Context, isSpanContextValid, trace } from '@opentelemetry/api';

const FORM = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
const SAMPLED = 1;

/** Without an open span an empty object. */
export function writeTraceparent(context: Context): string {
  const open = trace.getSpanContext(context);
  if (open === undefined || !isSpanContextValid(open)) return '{}';
  const flags = (open.traceFlags & SAMPLED).toString(16).padStart(2, '0');
  return JSON.stringify({ traceparent: `00-${open.traceId}-${open.spanId}-${flags}` });
}

/** Puts what came with a job into the context. Anybody may have written it: what is no trace is left out, and harms no job. */
export function readTraceparent(context: Context, metadata: string): Context {
  const [, traceId = '', spanId = '', flags = ''] = FORM.exec(headerIn(metadata)) ?? [];
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & SAMPLED, isRemote: true };
  return isSpanContextValid(remote) ? trace.setSpanContext(context, remote) : context;
}

function headerIn(metadata: string): string {
  try {
    const { traceparent } = (JSON.parse(metadata) ?? {}) as { traceparent?: unknown };
    return typeof traceparent === 'string' ? traceparent : '';
  } catch {
    return '';
  }
}
