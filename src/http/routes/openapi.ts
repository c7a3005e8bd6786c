/** The OpenAPI document of this very server. */
import type { Api } from '../types.js';

export function openApiRoutes(api: Api): void {
  api.route({
    method: 'GET',
    url: '/openapi.json',
    config: { scope: 'public' },
    schema: { hide: true },
    handler: async (_request, reply) => {
      text ??= JSON.stringify(api.swagger());
      return reply.type('application/json; charset=utf-8').send(text);
    },
  });
  /** It does not change any more once the server is ready. */
  let text: string | undefined;
}
