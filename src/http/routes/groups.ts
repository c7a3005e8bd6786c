/** Node groups: what there is to be of each role, who has changed it, and who decides. */
import { NodeyardError } from '../../errors.js';
import { accepted, found } from '../../groups/accepted.js';
import { checkStacks } from '../../groups/check-stacks.js';
import { granted, groupWishSchema } from '../../groups/config.js';
import { nodesOf } from '../../groups/standing.js';
import { nameOf } from '../auth/principal.js';
import type { ApiParts } from '../parts.js';
import * as schemas from '../schemas/groups.js';
import { reasonRequestSchema } from '../schemas/node-requests.js';
import type { Api } from '../types.js';

export function groupRoutes(api: Api, { groups, groupHistory, store, stacks }: ApiParts): void {
  const tags = ['groups'];
  const params = schemas.groupParams;

  api.route({
    method: 'GET',
    url: '/v1/groups',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'listGroups',
      summary: 'List the configured groups in the order of their names',
      tags,
      querystring: schemas.groupsQuery,
      response: { 200: schemas.groupPageSchema },
    },
    handler: ({ query }) => groups.list(query),
  });

  api.route({
    method: 'PUT',
    url: '/v1/groups/:group',
    config: { scope: 'operator', audit: 'group.put' },
    schema: {
      operationId: 'putGroup',
      summary: 'Configure a group, new or instead of what is there',
      description:
        'The whole of it; only a pause that it does not speak of stays as it is. Stacks and inputs of every role are checked. The same again changes nothing.',
      tags,
      params,
      headers: schemas.expectedHeaders,
      body: groupWishSchema,
      response: { 200: schemas.changedGroupSchema },
    },
    handler: async ({ params: { group }, body, headers, principal }, reply) => {
      if (body.name !== group) {
        const message = `name: is ${body.name}, and the path names ${group}; they must be the same`;
        throw new NodeyardError('INVALID_INPUT', message, { field: 'name' });
      }
      checkStacks(granted(body, undefined), stacks.check);
      const put = await groups.put(body, { who: nameOf(principal), ...expectedOf(headers) });
      const answer = accepted(group, put);
      void reply.header('etag', `"${answer.group.revision}"`);
      return answer;
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/groups/:group',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'getGroup',
      summary: 'Show a group, and how many nodes it has',
      tags,
      params,
      response: { 200: schemas.shownGroupSchema },
    },
    handler: async ({ params: { group: name } }, reply) => {
      const group = found(name, await groups.get(name));
      const nodes = await nodesOf((of) => store.counts(of), name, Object.keys(group.config.roles));
      void reply.header('etag', `"${group.revision}"`);
      return { group, nodes };
    },
  });

  api.route({
    method: 'DELETE',
    url: '/v1/groups/:group',
    config: { scope: 'operator', audit: 'group.delete' },
    schema: {
      operationId: 'deleteGroup',
      summary: 'Have all nodes of a group destroyed, and then the group forgotten',
      description:
        'Answers at once; the group is there, with `deletedAt`, until the last of its nodes is gone.',
      tags,
      params,
      response: { 202: schemas.changedGroupSchema },
    },
    handler: async ({ params: { group }, principal }, reply) =>
      reply.status(202).send(accepted(group, await groups.delete(group, { who: nameOf(principal) }))),
  });

  for (const [word, isScalingPaused, summary] of [
    ['pause', true, 'Have nothing created, drained or destroyed by itself in a group'],
    ['resume', false, 'Let scaling decide again'],
  ] as const) {
    api.route({
      method: 'POST',
      url: `/v1/groups/:group/${word}`,
      config: { scope: 'operator', audit: `group.${word}` },
      schema: {
        operationId: `${word}Group`,
        summary,
        tags,
        params,
        body: reasonRequestSchema,
        response: { 200: schemas.changedGroupSchema },
      },
      handler: async ({ params: { group }, body, principal }) => {
        const reason = body?.reason === undefined ? {} : { reason: body.reason };
        const by = { who: nameOf(principal), ...reason };
        return accepted(group, await groups.pause(group, isScalingPaused, by));
      },
    });
  }

  api.route({
    method: 'GET',
    url: '/v1/groups/:group/history',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'getGroupHistory',
      summary: 'Show who has changed a group, and what scaling has decided',
      description: 'About the last thousand entries; for a week also of a group that is gone.',
      tags,
      params,
      querystring: schemas.groupHistoryQuery,
      response: { 200: schemas.groupHistorySchema },
    },
    handler: async ({ params: { group }, query }) => {
      const page = await groupHistory.list(group, query);
      // A group has a history from its first moment.
      if (page.entries.length === 0 && query.cursor === undefined) found(group, await groups.get(group));
      return page;
    },
  });
}

function expectedOf(headers: { readonly 'if-match'?: string; readonly 'if-none-match'?: string }): {
  readonly expected?: number;
} {
  if (headers['if-none-match'] !== undefined) return { expected: 0 };
  const match = headers['if-match'];
  return match === undefined ? {} : { expected: Number(match.replaceAll('"', '')) };
}
