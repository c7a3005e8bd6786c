/** Who is asking, and who has changed what. */
import { nameOf } from '../auth/principal.js';
import { HttpError } from '../errors.js';
import type { ApiParts } from '../parts.js';
import * as schemas from '../schemas/access.js';
import type { Api } from '../types.js';

export function accessRoutes(api: Api, { audit }: ApiParts): void {
  const tags = ['access'];

  api.route({
    method: 'GET',
    url: '/v1/whoami',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'getWhoAmI',
      summary: 'Show who is asking, and what scope that is',
      tags,
      response: { 200: schemas.whoSchema },
    },
    handler: async ({ principal }) => {
      // The scope has let neither of them in.
      if (principal.kind === 'nobody' || principal.kind === 'node') {
        throw new HttpError('FORBIDDEN', 'this is for people and programs');
      }
      const { kind, scope } = principal;
      return { kind, scope, name: nameOf(principal), ...(kind === 'token' ? { tokenId: principal.id } : {}) };
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/audit',
    config: { scope: 'admin' },
    schema: {
      operationId: 'listAudit',
      summary: 'List who changed what over HTTP, newest first',
      tags,
      querystring: schemas.auditQuery,
      response: { 200: schemas.auditPageSchema },
    },
    handler: ({ query }) => audit.list(query),
  });
}
