/** Nodes: asked for, listed, shown. */
import { NODE_STATES, type NodeState } from '../../node/lifecycle.js';
import { nameOf } from '../auth/principal.js';
import { allIdentified, auditTargetOf, identified, requestMany } from '../many-nodes.js';
import type { ApiParts } from '../parts.js';
import { nodeParams } from '../schemas/common.js';
import * as schemas from '../schemas/node-requests.js';
import type { Api } from '../types.js';

const LIVE: readonly NodeState[] = NODE_STATES.filter((state) => state !== 'DESTROYED');
const HISTORY = 100;

export function nodeRoutes(api: Api, parts: ApiParts): void {
  const { client, store, heartbeats } = parts;
  const tags = ['nodes'];

  api.route({
    method: 'POST',
    url: '/v1/nodes',
    config: { scope: 'operator', audit: 'node.request' },
    schema: {
      operationId: 'requestNodes',
      summary: 'Ask for a node, or for many',
      description:
        'Answers at once, with the ids; the nodes are made by the workers. Many are checked together before any is asked for, and then asked for one by one: 207 says that some were refused, and which.',
      tags,
      headers: schemas.idempotencyHeaders,
      body: schemas.nodesRequestSchema,
      response: {
        202: schemas.acceptedSchema,
        207: schemas.manyRequestedSchema,
      },
    },
    handler: async (request, reply) => {
      const { body, headers, principal } = request;
      const by = { actor: 'producer', reason: nameOf(principal) } as const;
      if (!('nodes' in body)) {
        const wanted = identified(body, headers['idempotency-key']);
        request.auditTarget = wanted.id;
        parts.stacks.check(body.stack, body.inputs);
        const requested = await client.requestNode(wanted, by);
        request.auditTarget = requested.node.id;
        return reply.status(202).send(requested);
      }
      const requests = allIdentified(body.nodes, headers['idempotency-key']);
      request.auditTarget = `${requests.length} nodes`;
      const results = await requestMany(parts, requests, by);
      request.auditTarget = auditTargetOf(results);
      const refused = results.some((result) => 'error' in result);
      return reply.status(refused ? 207 : 202).send({ results });
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'listNodes',
      summary: 'List nodes in the order of their creation',
      tags,
      querystring: schemas.listQuery,
      response: { 200: schemas.nodePageSchema },
    },
    handler: async ({ query }) => {
      const { requestId, state = LIVE } = query;
      if (requestId === undefined) return store.list({ ...query, state }, query);
      const node = await store.findByRequestId(requestId);
      return { nodes: node === undefined ? [] : [node] };
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/counts',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'countNodes',
      summary: 'How many nodes there are in each state',
      tags,
      response: { 200: schemas.countsSchema },
    },
    handler: async () => ({ states: await store.counts() }),
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'getNode',
      summary: 'Show a node',
      tags,
      params: nodeParams,
      response: { 200: schemas.shownNodeSchema },
    },
    handler: async ({ params }) => {
      const [node, heard] = await Promise.all([client.get(params.id), heartbeats.get(params.id)]);
      return { node, ...(heard === undefined ? {} : { heard }) };
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id/history',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'getNodeHistory',
      summary: 'Show what has happened to a node',
      tags,
      params: nodeParams,
      querystring: schemas.historyQuery,
      response: { 200: schemas.historySchema },
    },
    handler: async ({ params, query: { limit = HISTORY } }) => {
      const events = await store.history(params.id, limit);
      // A node has a history from its first moment.
      if (events.length === 0) await client.get(params.id);
      return { events };
    },
  });
}
