/** The metrics of this process, in the format of Prometheus: of the server itself, and of what runs beside it. */
import type { ApiParts } from '../parts.js';
import type { Api } from '../types.js';

export function metricsRoutes(api: Api, { metrics }: ApiParts): void {
  api.route({
    method: 'GET',
    url: '/metrics',
    config: { scope: 'viewer' },
    schema: { hide: true },
    handler: async (_request, reply) => {
      const { contentType, body } = await metrics();
      return reply.type(contentType).send(body);
    },
  });
}
