/** What a group is asked at work: which of its nodes serve next, and why it is as large as it is. */
import type { ApiParts } from '../parts.js';
import { groupParams } from '../schemas/groups.js';
import * as schemas from '../schemas/routing.js';
import type { Api } from '../types.js';

export function routingRoutes(api: Api, { routing, explain }: Pick<ApiParts, 'routing' | 'explain'>): void {
  const tags = ['groups'];

  api.route({
    method: 'GET',
    url: '/v1/groups/:group/route',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'route',
      summary: 'Ask which nodes of a role serve next, the least loaded first',
      description:
        'Only nodes that are INSERVICE in that moment, none at its capacity limit. 200 with no node where there is none; also for nodes of a group without configuration.',
      tags,
      params: groupParams,
      querystring: schemas.routeQuery,
      response: { 200: schemas.routeSchema },
    },
    handler: ({ params: { group }, query: { role, count = 1 } }) => routing.route(group, role, count),
  });

  api.route({
    method: 'GET',
    url: '/v1/groups/:group/explain',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'explainGroup',
      summary: 'Tell why each role has the size it has, and what comes next',
      tags,
      params: groupParams,
      response: { 200: schemas.explainedGroupSchema },
    },
    handler: ({ params: { group } }) => explain(group),
  });
}
