/** Tracing as it is configured. Without an endpoint nothing of OpenTelemetry is even loaded. */
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { noTracing, type Tracing } from './tracing.js';

export async function openTracing(
  { endpoint, sample, serviceName }: Config['tracing'],
  log: Log,
): Promise<Tracing> {
  if (endpoint === undefined) return noTracing;
  const { otelTracing } = await import('./otel.js');
  return otelTracing({ endpoint, sample, serviceName, log });
}
