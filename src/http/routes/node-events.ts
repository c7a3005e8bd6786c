/** What nodes say of themselves. */
import type { ApiParts } from '../parts.js';
import { nodeParams } from '../schemas/common.js';
import { nodeSaysRequestSchema, nodeToldSchema } from '../schemas/node-events.js';
import type { Api } from '../types.js';

const LARGEST_EVENT_BYTES = 16 * 1024;

export function nodeEventRoutes(api: Api, { nodeEvents }: ApiParts): void {
  api.route({
    method: 'POST',
    url: '/v1/nodes/:id/events',
    config: { scope: 'node' },
    bodyLimit: LARGEST_EVENT_BYTES,
    schema: {
      operationId: 'sendNodeEvent',
      summary: 'Say that the node lives, and what it bears',
      description:
        'The first one takes the node from CREATED to STARTED, one that says `configured` to INSERVICE. Refused with 409 before the node is CREATED (try again) and once its destruction was asked for.',
      tags: ['node'],
      params: nodeParams,
      body: nodeSaysRequestSchema,
      response: { 200: nodeToldSchema },
    },
    handler: async ({ params, body: { configured = false, ...load } }) => ({
      state: await nodeEvents.take(params.id, { load, configured }),
      intervalMs: nodeEvents.intervalMs,
    }),
  });
}
