/** What happens to nodes: page by page, or as it happens. */
import { pageOfEvents } from '../event-page.js';
import type { ApiParts } from '../parts.js';
import * as schemas from '../schemas/events.js';
import { streamEvents } from '../stream/follow-events.js';
import { watchOutages } from '../stream/outages.js';
import { wantsStream } from '../stream/sse.js';
import type { Api } from '../types.js';

export function eventRoutes(api: Api, { store, tail, gate, streams }: ApiParts): void {
  const parts = { tail, outages: watchOutages(gate), common: streams };

  api.route({
    method: 'GET',
    url: '/v1/events',
    config: {
      scope: 'viewer',
      stream:
        'Every event as a message whose data is a `NodeEvent` and whose id is its position; besides them `gap` (events are missing), `outage` (Redis is away, or back) and `end` (why the stream ends).',
    },
    schema: {
      operationId: 'listEvents',
      summary: 'List what has happened to nodes, or hear it as it happens',
      description:
        'With `Accept: text/event-stream` a stream that does not end: what comes after `Last-Event-ID` or `after`, and only new events without either. Otherwise a page, from the oldest event that is kept where `after` is absent; with a filter it may hold fewer than there are: go on with `next` as long as there is `more`.',
      tags: ['events'],
      querystring: schemas.eventsQuery,
      headers: schemas.eventsHeaders,
      response: { 200: schemas.eventPageSchema },
    },
    handler: async (request, reply) => {
      const { query, headers } = request;
      if (!wantsStream(request)) return pageOfEvents(store, query);
      const after = headers['last-event-id'] || query.after || (await store.latestPosition());
      streamEvents(request, reply, parts, { after, query });
      return reply;
    },
  });
}
