/** What every request passes before its handler, in this order. Whatever refuses it does so before the body is read. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Authenticators, authenticate, bearerIs } from './auth/authenticate.js';
import { refuseTokenInQuery } from './auth/bearer.js';
import { demand, NOBODY, type Principal } from './auth/principal.js';
import { sessionIn } from './auth/session-cookie.js';
import { HttpError } from './errors.js';
import type { Limits } from './limits/rate-limit.js';
import type { RedisGate } from './redis-gate.js';
import type { Api } from './types.js';

export interface PipelineParts {
  readonly authenticators: Authenticators;
  readonly limits: Limits;
  readonly gate: RedisGate;
  readonly closing: AbortSignal;
}

const ENDING: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FORBIDDEN']);

/** The node that the path names. */
const nodeIn = ({ params }: FastifyRequest): string | undefined =>
  (params as { id?: string } | undefined)?.id;

export function addPipeline(api: Api, { authenticators, limits, gate, closing }: PipelineParts): void {
  api.decorateRequest('principal');
  api.decorateRequest('auditTarget', undefined);
  api.decorateRequest('answerCode', undefined);

  const counted = async (
    request: FastifyRequest,
    asked: Promise<Principal>,
    brings: boolean,
  ): Promise<Principal> => {
    try {
      return await asked;
    } catch (error) {
      const wrong = error instanceof HttpError && error.code === 'UNAUTHENTICATED';
      if (wrong && brings) await limits.noteFailure(request);
      throw error;
    }
  };

  const principalOf = (request: FastifyRequest): Promise<Principal> => {
    const { headers, routeOptions } = request;
    const hasSession = routeOptions.config.session === true && sessionIn(request) !== undefined;
    const brings = headers.authorization !== undefined || hasSession;
    return counted(request, authenticate(request, authenticators), brings);
  };

  api.decorate('recognize', (request: FastifyRequest, token: string) =>
    counted(request, bearerIs(token, authenticators), true),
  );

  api.decorate('stillMay', async (request: FastifyRequest) => {
    const { scope = 'public' } = request.routeOptions.config;
    try {
      demand(await authenticate(request, authenticators), scope, nodeIn(request));
      return true;
    } catch (error) {
      // What cannot be known now (Redis is away) ends nothing.
      return !(error instanceof HttpError && ENDING.has(error.code));
    }
  });

  api.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    request.principal = NOBODY;
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    if (closing.aborted) {
      throw new HttpError('CLOSING', 'the server is being stopped');
    }
    refuseTokenInQuery(request.query);
    const { scope = 'public', withoutRedis = scope === 'public' } = request.routeOptions.config;
    if (!withoutRedis) gate.pass();
    if (scope !== 'public') request.principal = await principalOf(request);
    await limits.take(request, reply);
    demand(request.principal, scope, nodeIn(request));
  });

  // A connection that was kept open would hold up the end of the server.
  api.addHook('onSend', async (_request, reply, payload) => {
    if (closing.aborted) reply.header('connection', 'close');
    return payload;
  });
}
