/** The token of a request. It comes in the header and nowhere else: what stands in a URL stands in logs and histories. */
import type { FastifyRequest } from 'fastify';
import { HttpError } from '../errors.js';

const LONGEST = 8_192;
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
const QUERY_NAMES = new Set([
  'token',
  'access_token',
  'api_key',
  'apikey',
  'auth',
  'authorization',
  'bearer',
]);

/** Undefined without the header. Throws UNAUTHENTICATED for one that is no bearer token. */
export function bearerOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const [, token] = authorization.length > LONGEST ? [] : (BEARER.exec(authorization) ?? []);
  if (token === undefined) throw unauthenticated('the header Authorization must be `Bearer <token>`');
  return token;
}

/** Throws MALFORMED for a token in the query string, valid or not. */
export function refuseTokenInQuery(query: unknown): void {
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    const isToken = [value].flat().some((text) => typeof text === 'string' && /^ny[nt]_/.test(text));
    if (!isToken && !QUERY_NAMES.has(name.toLowerCase())) continue;
    throw new HttpError(
      'MALFORMED',
      'a token must not stand in the URL, where logs keep it: send it as `Authorization: Bearer <token>`, and revoke it if it was a real one',
    );
  }
}

export const unauthenticated = (message: string, cause?: unknown): HttpError =>
  new HttpError('UNAUTHENTICATED', message, {
    cause,
    headers: { 'www-authenticate': 'Bearer realm="nodeyard"' },
  });
