import { type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readTraceparent, writeTraceparent } from '../../src/tracing/traceparent.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const read = (traceparent: string): Context => readTraceparent(ROOT_CONTEXT, JSON.stringify({ traceparent }));

it('a trace comes out as it went in', () => {
  const context = read(`00-${TRACE}-${SPAN}-01`);
  expect(trace.getSpanContext(context)).toMatchObject({
    traceId: TRACE,
    spanId: SPAN,
    traceFlags: 1,
    isRemote: true,
  });
  expect(writeTraceparent(context)).toBe(`{"traceparent":"00-${TRACE}-${SPAN}-01"}`);
  expect(writeTraceparent(read(`00-${TRACE}-${SPAN}-00`))).toContain('-00"');
});

it('a later version of the form is read as far as it is known; of its flags only whether it is kept', () => {
  expect(trace.getSpanContext(read(`01-${TRACE}-${SPAN}-ff-more`))).toMatchObject({
    traceId: TRACE,
    traceFlags: 1,
  });
  expect(read(`ff-${TRACE}-${SPAN}-01`)).toBe(ROOT_CONTEXT);
});

it('without an open span nothing is carried', () => {
  expect(writeTraceparent(ROOT_CONTEXT)).toBe('{}');
});

it('whatever else came with a job is left out and throws nothing', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc.string().map((traceparent) => JSON.stringify({ traceparent })),
  );
  fc.assert(
    fc.property(anything, (metadata) => {
      expect(readTraceparent(ROOT_CONTEXT, metadata)).toBe(ROOT_CONTEXT);
    }),
  );
});
