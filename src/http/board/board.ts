/** The queues in a browser: bull-board behind the admin scope, and the door by which a browser comes in. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerOf, HttpError } from '../errors.js';
import type { ApiParts } from '../parts.js';
import type { Api } from '../types.js';
import { type BoardMode, bullBoard } from './bull-board.js';
import { BOARD } from './path.js';
import { addSignIn } from './sign-in.js';
import { sendSignInPage } from './sign-in-page.js';

/**
 * Scripts, fonts and pictures of ours only; the page also names a font of another server, which is not fetched. Its components put their
 * own styles into the page, for which there is neither a hash nor a nonce.
 */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export async function addBoard(api: Api, parts: ApiParts, mode: BoardMode): Promise<void> {
  await api.register(async (scope) => {
    scope.setErrorHandler(askToSignIn);
    await scope.register(async (door) => addSignIn(door as unknown as Api, parts));
    await scope.register(async (pages) => {
      pages.addHook('onRequest', async (_request, reply) => {
        reply.header('content-security-policy', CONTENT_POLICY);
      });
      await (pages as unknown as FastifyInstance).register(bullBoard(parts, mode), { prefix: BOARD });
    });
  });
}

/** Who looks with a browser and may not come in gets the same status, and the form. Everything else goes on. */
function askToSignIn(error: FastifyError | HttpError, request: FastifyRequest, reply: FastifyReply): unknown {
  const shut = error instanceof HttpError && (error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN');
  if (!shut || request.headers.accept?.includes('text/html') !== true) throw error;
  const { status, headers, body } = answerOf(error, request.id);
  request.answerCode = body.error.code;
  return sendSignInPage(reply.status(status).headers(headers), body.error.message);
}
