/**
 * The OpenAPI 3.1 document. Everything in it comes from the routes: their zod schemas, what they say of themselves, and
 * their scope. Schemas that have a name (schemas/components.ts) become components, so that clients get types of that name.
 */
import swagger from '@fastify/swagger';
import type { FastifySchema, RouteOptions } from 'fastify';
import { z } from 'zod';
import { componentsUsedBy, jsonSchemaOf } from './openapi-schemas.js';
import { errorSchema } from './schemas/error.js';
import { TAGS } from './schemas/tags.js';
import type { Api } from './types.js';

const ABOUT = `What the command line and the queue can do, over HTTP. Times are milliseconds since 1970 (UTC).

Send a token as \`Authorization: Bearer <token>\`. The scopes viewer, operator and admin include one another in this order.
Everything that goes wrong has one form, see \`Error\`.`;

export async function addOpenApi(api: Api, version: string): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'nodeyard',
        description: ABOUT,
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'The server that this document comes from.' }],
      tags: [...TAGS],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description:
              'A token of `nodeyard token create`, or one of the configured OpenID Connect issuer.',
          },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: describe(schema ?? {}, route), url }),
    transformObject: (document) => {
      if (!('openapiObject' in document)) throw new Error('the document is OpenAPI 3');
      const object = document.openapiObject;
      const schemas = componentsUsedBy(object);
      return { ...object, components: { ...object.components, schemas } } as never;
    },
  });
}

function describe(schema: FastifySchema, { config, method }: RouteOptions): FastifySchema {
  if (schema.hide === true) return schema;
  const { params, querystring, headers, body, response, ...rest } = schema;
  const scope = config?.scope ?? 'public';
  const needs = scope === 'public' ? 'Open to everybody.' : `Scope: ${scope}.`;
  const inputs = Object.entries({ params, querystring, headers, body }).flatMap(([part, each]) => {
    const isEmpty = each === undefined || (part !== 'body' && Object.keys(shapeOf(each)).length === 0);
    return isEmpty || isNothing(each) ? [] : [[part, jsonSchemaOf(each as z.ZodType, 'input')] as const];
  });
  return {
    ...rest,
    description: [rest.description, needs].filter(Boolean).join('\n\n'),
    security: scope === 'public' ? [] : [{ bearer: [] }],
    ...Object.fromEntries(inputs),
    response: {
      ...refusalsOf({
        isPublic: scope === 'public',
        hasBody: body !== undefined && !isNothing(body),
        hasParams: params !== undefined,
        changes: ![method].flat().every((each) => each === 'GET' || each === 'HEAD'),
      }),
      ...Object.fromEntries(
        Object.entries((response ?? {}) as Record<string, z.ZodType>).map(([status, each]) => [
          status,
          answerSchema(status, each, config?.mediaType),
        ]),
      ),
    },
  };
}

const shapeOf = (schema: unknown): object => (schema as { shape?: object }).shape ?? { any: true };
const isNothing = (schema: unknown): boolean => schema instanceof z.ZodUndefined;

const ANSWERS: Readonly<Record<string, string>> = {
  200: 'The answer.',
  202: 'Taken: it is on record and will be done.',
  207: 'Some were taken and some refused.',
  503: 'Something is missing.',
};

function answerSchema(status: string, schema: z.ZodType, mediaType: string | undefined): unknown {
  const description = ANSWERS[status];
  if (description === undefined) throw new Error(`nobody has said what ${status} means`);
  const json = jsonSchemaOf(schema, 'output');
  const answer = mediaType === undefined ? json : { content: { [mediaType]: { schema: json } } };
  return { ...answer, 'x-response-description': description };
}

interface RouteTraits {
  readonly isPublic: boolean;
  readonly hasBody: boolean;
  readonly hasParams: boolean;
  readonly changes: boolean;
}

/** What may be answered instead, by what the route takes. */
function refusalsOf({ isPublic, hasBody, hasParams, changes }: RouteTraits): Record<string, unknown> {
  const body = jsonSchemaOf(errorSchema, 'output');
  const refusal = (description: string): unknown => ({ ...body, 'x-response-description': description });
  return {
    400: refusal('The request is wrong; `field` names where.'),
    ...(isPublic
      ? {}
      : { 401: refusal('No valid token.'), 403: refusal('The token’s scope does not suffice.') }),
    ...(hasParams ? { 404: refusal('What the path names is not there.') } : {}),
    ...(changes ? { 409: refusal('The state of things does not allow it.') } : {}),
    ...(hasBody ? { 413: refusal('The body is too large.'), 415: refusal('The body is not JSON.') } : {}),
    429: refusal('Too many requests; see Retry-After.'),
    500: refusal('Something that was not foreseen.'),
    503: refusal('Redis is away, or the server is being stopped; see Retry-After.'),
  };
}
