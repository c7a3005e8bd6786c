/** Whether this server lives, and whether it can do its work. For load balancers and supervisors: no token, no Redis. */
import type { ApiParts } from '../parts.js';
import { livenessSchema, readinessSchema } from '../schemas/health.js';
import type { Api } from '../types.js';

export function healthRoutes(api: Api, { dependencies = [], closing, gate }: ApiParts): void {
  api.route({
    method: 'GET',
    url: '/livez',
    config: { scope: 'public' },
    schema: {
      operationId: 'getLiveness',
      summary: 'Whether the process serves',
      tags: ['server'],
      response: { 200: livenessSchema },
    },
    handler: () => ({ status: 'ok' as const }),
  });

  api.route({
    method: 'GET',
    url: '/readyz',
    config: { scope: 'public' },
    schema: {
      operationId: 'getReadiness',
      summary: 'Whether it can do its work, and what is missing',
      tags: ['server'],
      response: { 200: readinessSchema, 503: readinessSchema },
    },
    handler: async (_request, reply) => {
      const troubles = new Map([
        ['redis', gate.trouble],
        ...dependencies.map((each) => [each.name, each.trouble()] as const),
        ['server', closing.aborted ? 'it is being stopped' : undefined],
      ]);
      const ready = [...troubles.values()].every((trouble) => trouble === undefined);
      const shown = Object.fromEntries([...troubles].map(([name, trouble]) => [name, trouble ?? 'ok']));
      return reply
        .status(ready ? 200 : 503)
        .send({ status: ready ? 'ready' : 'not-ready', dependencies: shown });
    },
  });
}
