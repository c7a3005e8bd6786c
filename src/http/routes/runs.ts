/** Terraform’s runs on this machine, and what it said in them. */
import { NodeyardError } from '../../errors.js';
import type { LogQuery } from '../../runs/runs.js';
import { HttpError } from '../errors.js';
import type { ApiParts } from '../parts.js';
import { nodeParams } from '../schemas/common.js';
import * as schemas from '../schemas/runs.js';
import { streamLog } from '../stream/follow-log.js';
import { wantsStream } from '../stream/sse.js';
import type { Api } from '../types.js';

const RUNS = 100;
const LINES = 100;
/** Of a stream, which is read page by page as well. */
const STREAMED_LINES = 500;

export function runRoutes(api: Api, { client, runs, streams, log }: ApiParts): void {
  const tags = ['runs'];

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id/runs',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'listRuns',
      summary: 'List the runs of a node that the machine of this API knows',
      description: 'Those on other machines, and those whose logs have aged out, are not among them.',
      tags,
      params: nodeParams,
      querystring: schemas.runsQuery,
      response: { 200: schemas.runsSchema },
    },
    handler: async ({ params: { id }, query: { limit = RUNS } }) => {
      await client.get(id);
      return { host: runs.host, runs: await runs.list(id, limit) };
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id/runs/:runId/log',
    config: {
      scope: 'viewer',
      stream:
        'Every line as a message whose data is one of `lines` and whose id is its cursor; at last `end`, which says why the stream ends.',
    },
    schema: {
      operationId: 'getRunLog',
      summary: 'Show what Terraform said in a run, or hear it as it is said',
      description:
        'With `Accept: text/event-stream` a stream; with `follow=true` it goes on until the run has ended. Logs are on the machine of the worker: elsewhere the answer is 404 with the code LOG_ELSEWHERE.',
      tags,
      params: schemas.runParams,
      querystring: schemas.logQuery,
      headers: schemas.logHeaders,
      response: { 200: schemas.logPageSchema },
    },
    handler: async (request, reply) => {
      const { params, query, headers } = request;
      const { stream = 'log', limit = LINES, follow = false } = query;
      const streamed = wantsStream(request);
      if (follow && !streamed) throw followsNothing();
      const cursor = (streamed && headers['last-event-id']) || query.cursor;
      const read = (from: string | undefined, lines: number) => {
        const wanted: LogQuery = { stream, limit: lines, ...(from === undefined ? {} : { cursor: from }) };
        return runs.log(params.id, params.runId, wanted);
      };
      // Also of a stream the first page: what is wrong with it can still be said by a status.
      const page = await read(cursor, streamed ? 1 : limit);
      if (page === undefined) {
        await client.get(params.id);
        throw new HttpError(
          'LOG_ELSEWHERE',
          `no log of the run ${params.runId} of node ${params.id} is kept on this machine, ${runs.host}: it was on another one, or its log has aged out`,
        );
      }
      if (!streamed) return page;
      const source = { cursor, follow, read: (from: string | undefined) => read(from, STREAMED_LINES) };
      streamLog(request, reply, { common: streams, log }, source);
      return reply;
    },
  });
}

const followsNothing = (): NodeyardError =>
  new NodeyardError('INVALID_INPUT', 'follow: takes a stream; send `Accept: text/event-stream`', {
    field: 'follow',
  });
