/** The stacks that this server knows: those of its configuration, which should be the workers’. */
import { z } from 'zod';
import { HttpError } from '../errors.js';
import type { ApiParts } from '../parts.js';
import { name } from '../schemas/common.js';
import { oneStackSchema, stacksSchema } from '../schemas/stacks.js';
import type { Api } from '../types.js';

const stackParams = z.strictObject({ name: name.describe('The stack.') });

export function stackRoutes(api: Api, { stacks }: ApiParts): void {
  const tags = ['stacks'];

  api.route({
    method: 'GET',
    url: '/v1/stacks',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'listStacks',
      summary: 'List what a node can be made of, with the schemas of the inputs',
      tags,
      response: { 200: stacksSchema },
    },
    handler: async () => ({ stacks: stacks.list() }),
  });

  api.route({
    method: 'GET',
    url: '/v1/stacks/:name',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'getStack',
      summary: 'Show a stack with the schema of its inputs',
      tags,
      params: stackParams,
      response: { 200: oneStackSchema },
    },
    handler: async ({ params }) => {
      const stack = stacks.list().find((each) => each.name === params.name);
      if (stack !== undefined) return { stack };
      const known = stacks.list().map((each) => each.name);
      throw new HttpError('NOT_FOUND', `there is no stack ${params.name}; known are ${known.join(', ')}`);
    },
  });
}
