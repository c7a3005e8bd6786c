/**
 * What BullMQ tells of its jobs, as spans of ours. bullmq-otel brings the form of a span; its own tracer and context are the
 * global ones, it trusts what came with a job, and it would pass on the result of a job, which holds a node’s outputs. So
 * those are ours, and only what is named here gets into a span.
 */
import {
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Telemetry } from 'bullmq';
import { BullMQOTelSpan } from 'bullmq-otel';
import type { Contexts } from './contexts.js';
import { readTraceparent, writeTraceparent } from './traceparent.js';

const TOLD: ReadonlySet<string> = new Set([
  'bullmq.queue.name',
  'bullmq.queue.operation',
  'bullmq.job.id',
  'bullmq.job.name',
  'bullmq.job.attempts.made',
]);

type Told = Parameters<BullMQOTelSpan['setAttributes']>[0];

class JobSpan extends BullMQOTelSpan {
  override setAttribute(...[key, value]: Parameters<BullMQOTelSpan['setAttribute']>): void {
    if (TOLD.has(key)) super.setAttribute(key, value);
  }

  override setAttributes(attributes: Told): void {
    super.setAttributes(toldOf(attributes));
  }

  override addEvent(...[name, attributes, time]: Parameters<BullMQOTelSpan['addEvent']>): void {
    super.addEvent(name, toldOf(attributes ?? {}), time);
  }

  /** Only that there was one: its message may hold what a cloud has answered. */
  override recordException(): void {
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }
}

const toldOf = (attributes: Told): Told =>
  Object.fromEntries(Object.entries(attributes).filter(([key]) => TOLD.has(key)));

export function jobTelemetry(tracer: Tracer, contexts: Contexts): Telemetry {
  const start = (name: string, kind: SpanKind, around = contexts.active()): Span => {
    const open = trace.getSpanContext(around);
    // An idle worker looks for jobs for ever: what it does besides working on one is no part of any trace.
    const alone = open === undefined || !isSpanContextValid(open);
    if (alone && kind === SpanKind.INTERNAL) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    return tracer.startSpan(name, { kind }, around);
  };
  return {
    tracer: {
      startSpan: (name, options, around) =>
        new JobSpan(start(name, options?.kind ?? SpanKind.INTERNAL, around)),
    },
    contextManager: {
      with: (context, work) => contexts.with(context, work),
      active: () => contexts.active() as never,
      root: () => ROOT_CONTEXT as never,
      getMetadata: writeTraceparent,
      fromMetadata: (active, metadata) => readTraceparent(active, metadata) as never,
    },
  };
}
