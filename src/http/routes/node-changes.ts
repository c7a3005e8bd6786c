/** What is done to nodes that exist. Every change is a compare-and-set, and the node’s history names who asked for it. */
import { reasonOf } from '../auth/principal.js';
import type { ApiParts } from '../parts.js';
import { nodeParams } from '../schemas/common.js';
import * as schemas from '../schemas/node-requests.js';
import type { Api } from '../types.js';

export function nodeChangeRoutes(api: Api, { client }: ApiParts): void {
  const tags = ['nodes'];

  api.route({
    method: 'POST',
    url: '/v1/nodes/:id/state',
    config: { scope: 'operator', audit: 'node.state' },
    schema: {
      operationId: 'changeNodeState',
      summary: 'Move a node',
      description:
        'Compare-and-set, in either vocabulary: FAULT, SUNSET and DOOMED are FAILED, SOFT_SUNSET and DESTRUCTION_REQUESTED. Refused with ROLE_IS_AUTO where scaling decides about the node’s role: pause its group first.',
      tags,
      params: nodeParams,
      body: schemas.stateChangeRequestSchema,
      response: { 200: schemas.changedSchema },
    },
    handler: ({ params, body, principal }) =>
      client.changeState(params.id, { ...body, reason: reasonOf(principal, body.reason) }),
  });

  api.route({
    method: 'POST',
    url: '/v1/nodes/:id/destroy',
    config: { scope: 'operator', audit: 'node.destroy' },
    schema: {
      operationId: 'destroyNode',
      summary: 'Ask for a node’s destruction',
      description:
        'In whatever state it is; asking again changes nothing. A destruction that FAILED is tried again. Where scaling decides about the node’s role, it takes `force`, unless the node is FAILED.',
      tags,
      params: nodeParams,
      body: schemas.destroyRequestSchema,
      response: { 202: schemas.changedSchema },
    },
    handler: async ({ params, body = {}, principal }, reply) => {
      const wish = { ...body, actor: 'operator', reason: reasonOf(principal, body.reason) } as const;
      return reply.status(202).send(await client.doom(params.id, wish));
    },
  });

  api.route({
    method: 'POST',
    url: '/v1/nodes/:id/cancel',
    config: { scope: 'operator', audit: 'node.cancel' },
    schema: {
      operationId: 'cancelNode',
      summary: 'Stop a create that waits or is at work',
      description: 'What it has made is destroyed. Refused once the node is created or FAILED.',
      tags,
      params: nodeParams,
      body: schemas.cancelRequestSchema,
      response: { 202: schemas.changedSchema },
    },
    handler: async ({ params, body = {}, principal }, reply) => {
      const wish = { ...body, reason: reasonOf(principal, body.reason) };
      return reply.status(202).send(await client.cancel(params.id, wish));
    },
  });

  api.route({
    method: 'POST',
    url: '/v1/nodes/:id/retry',
    config: { scope: 'operator', audit: 'node.retry' },
    schema: {
      operationId: 'retryNode',
      summary: 'Try a FAILED create or destroy again',
      tags,
      params: nodeParams,
      body: schemas.reasonRequestSchema,
      response: { 202: schemas.oneNodeSchema },
    },
    handler: async ({ params, body, principal }, reply) => {
      const node = await client.retry(params.id, {
        actor: 'operator',
        reason: reasonOf(principal, body?.reason),
      });
      return reply.status(202).send({ node });
    },
  });
}
