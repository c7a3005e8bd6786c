/** Terraform’s runs and what it said, over the API. */
import type { z } from 'zod';
import type * as schemas from '../http/schemas/runs.js';
import type { EndReason } from '../http/stream/event-stream.js';
import { ApiError } from './api-error.js';
import { follow } from './follow.js';
import { type CallOptions, path, type Transport } from './transport.js';

export type RunsOfNode = z.output<typeof schemas.runsSchema>;
export type Run = RunsOfNode['runs'][number];
export type LogPage = z.output<typeof schemas.logPageSchema>;
export type LogLine = LogPage['lines'][number];
export type LogQuery = Omit<z.output<typeof schemas.logQuery>, 'follow'>;

export interface Runs {
  /** Of the machine of the API, the newest first. Throws UNKNOWN_NODE. */
  list(nodeId: string, query?: { readonly limit?: number }, options?: CallOptions): Promise<RunsOfNode>;
  /** A page of a log. Throws UNKNOWN_NODE; API_REFUSED with LOG_ELSEWHERE where it is on another machine. */
  log(nodeId: string, runId: string, query?: LogQuery, options?: CallOptions): Promise<LogPage>;
  /** Every line, those that are still to come as well, until the run has ended; over lost connections. */
  follow(
    nodeId: string,
    runId: string,
    query?: Pick<LogQuery, 'stream' | 'cursor'>,
    options?: Pick<CallOptions, 'signal'>,
  ): AsyncGenerator<LogLine>;
}

export function runsOf(transport: Transport): Runs {
  const place = (nodeId: string, runId: string): string => path`/v1/nodes/${nodeId}/runs/${runId}/log`;
  return {
    list: (nodeId, query = {}, options) =>
      transport.ask({ method: 'GET', path: path`/v1/nodes/${nodeId}/runs`, query: { ...query } }, options),
    log: (nodeId, runId, query = {}, options) =>
      transport.ask({ method: 'GET', path: place(nodeId, runId), query }, options),
    async *follow(nodeId, runId, query = {}, { signal } = {}) {
      const ask = {
        method: 'GET',
        path: place(nodeId, runId),
        query: { ...query, follow: true },
      } as const;
      for await (const followed of follow({ transport, ask, signal })) {
        if (followed.kind !== 'entry') continue;
        if (followed.event === undefined) yield followed.data as LogLine;
        if (followed.event !== 'end') continue;
        const { why } = followed.data as { why: EndReason };
        if (why === 'done') return;
        if (why === 'failed') {
          throw new ApiError('API_UNAVAILABLE', `the log of run ${runId} could not be read to its end`);
        }
      }
    },
  };
}
