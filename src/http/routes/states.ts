/** The Terraform states of nodes. What is in a resource may be a secret: only an admin gets it, and the audit trail knows. */
import { inspectState, instancesOf } from '../../state/document.js';
import type { ApiParts } from '../parts.js';
import { nodeParams } from '../schemas/common.js';
import * as schemas from '../schemas/states.js';
import { chosenState, summaryOf } from '../state-choice.js';
import type { Api } from '../types.js';

const QUARANTINED = 100;

export function stateRoutes(api: Api, { client, states }: ApiParts): void {
  const tags = ['states'];

  api.route({
    method: 'GET',
    url: '/v1/states',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'listStates',
      summary: 'List the nodes that have a state, by id',
      tags,
      querystring: schemas.statePageQuery,
      response: { 200: schemas.statePageSchema },
    },
    handler: ({ query }) => states.list(query),
  });

  api.route({
    method: 'GET',
    url: '/v1/quarantine',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'listQuarantine',
      summary: 'List the states that came too late',
      description: 'What only they hold is destroyed by the reconciler.',
      tags,
      querystring: schemas.quarantineQuery,
      response: { 200: schemas.quarantineSchema },
    },
    handler: async ({ query: { limit = QUARANTINED } }) => ({
      quarantined: await states.quarantined(undefined, limit),
    }),
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id/states',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'listNodeStates',
      summary: 'List the states of a node',
      tags,
      params: nodeParams,
      response: { 200: schemas.statesOfNodeSchema },
    },
    handler: async ({ params: { id } }) => {
      const [canonical, versions, quarantined] = await Promise.all([
        states.summary(id),
        states.versions(id),
        states.quarantined(id),
      ]);
      // A quarantined state outlives its node’s record; without any, nothing is an answer only for a node that exists.
      if (canonical === undefined && versions.length + quarantined.length === 0) await client.get(id);
      return { canonical: canonical ?? null, versions, quarantined };
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id/states/:place',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'getNodeState',
      summary: 'Show which resources a state holds, without their values',
      tags,
      params: schemas.stateParams,
      response: { 200: schemas.stateSchema },
    },
    handler: async ({ params: { id, place } }) => {
      const stored = await chosenState(states, id, place);
      const { serial, lineage, terraformVersion = null } = inspectState(stored.document);
      const resources = instancesOf(stored.document).map(({ status = null, ...instance }) => ({
        ...instance,
        status,
      }));
      return { state: { ...summaryOf(stored), serial, lineage, terraformVersion }, resources };
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id/states/:place/document',
    config: { scope: 'admin', audit: 'state.read' },
    schema: {
      operationId: 'getNodeStateDocument',
      summary: 'Get a state, with everything in it',
      tags,
      params: schemas.stateParams,
      response: { 200: schemas.documentSchema },
    },
    handler: async ({ params: { id, place } }, reply) => {
      const { document, sha256, epoch } = await chosenState(states, id, place);
      // Bytes are sent as they are: numbers in them would change on their way through JSON.parse.
      return reply
        .header('etag', `"${sha256}"`)
        .header('content-disposition', `attachment; filename="${id}-${epoch}.tfstate"`)
        .type('application/json; charset=utf-8')
        .send(document);
    },
  });
}
