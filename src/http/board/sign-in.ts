/**
 * How a browser comes in: the token goes into the body of a form, never into a URL, and back comes the cookie of a session
 * (src/auth/sessions.ts). While no token was ever made, somebody on this machine needs none.
 */
import type { FastifyRequest } from 'fastify';
import { demand } from '../auth/principal.js';
import { refuseOtherOrigins } from '../auth/same-origin.js';
import { sessionCookie, sessionIn } from '../auth/session-cookie.js';
import { HttpError } from '../errors.js';
import type { ApiParts } from '../parts.js';
import type { Api } from '../types.js';
import { BOARD, SIGN_IN, SIGN_OUT } from './path.js';
import { sendSignInPage } from './sign-in-page.js';

/** A token is shorter by far. */
const FORM_BYTES = 2_048;
const SEE_OTHER = 303;

/** `api` is a scope of its own: no other route takes a form. */
export function addSignIn(api: Api, { sessions }: Pick<ApiParts, 'sessions'>): void {
  api.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FORM_BYTES },
    (_request, body, done) => done(null, new URLSearchParams(body.toString())),
  );

  api.route({
    method: 'GET',
    url: SIGN_IN,
    config: { scope: 'public' },
    handler: async (_request, reply) => sendSignInPage(reply),
  });

  api.route({
    method: 'POST',
    url: SIGN_IN,
    config: { scope: 'public', withoutRedis: false, audit: 'board.sign-in' },
    handler: async (request, reply) => {
      // Somebody else’s page must not sign a person in as somebody else either.
      refuseOtherOrigins(request);
      const principal = await api.recognize(request, tokenIn(request));
      request.principal = principal;
      demand(principal, 'admin', undefined);
      if (principal.kind !== 'token') {
        throw new HttpError(
          'FORBIDDEN',
          'sign in with a token of nodeyard (`nodeyard token create`): a session ends when its token is revoked, which an issuer’s cannot be',
        );
      }
      const secret = await sessions.begin(principal.id);
      return reply.header('set-cookie', sessionCookie(secret, request)).redirect(BOARD, SEE_OTHER);
    },
  });

  api.route({
    method: 'POST',
    url: SIGN_OUT,
    config: { scope: 'admin', session: true, audit: 'board.sign-out' },
    handler: async (request, reply) => {
      const secret = sessionIn(request);
      if (secret !== undefined) await sessions.end(secret);
      return reply.header('set-cookie', sessionCookie(undefined, request)).redirect(SIGN_IN, SEE_OTHER);
    },
  });
}

/** Throws MALFORMED. */
function tokenIn({ body }: FastifyRequest): string {
  const token = body instanceof URLSearchParams ? body.get('token')?.trim() : undefined;
  if (!token) throw new HttpError('MALFORMED', 'the form has no token', { field: 'token' });
  return token;
}
