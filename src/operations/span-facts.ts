/** Whose work a span is about. */
import type { SpanFacts } from '../tracing/tracing.js';
import type { RunSession } from './run-session.js';

type Whose = Pick<RunSession, 'nodeId' | 'operation' | 'stack' | 'epoch'>;

export const factsOf = ({ nodeId, operation, stack, epoch }: Whose): SpanFacts => ({
  nodeId,
  operation,
  stack,
  epoch,
});
