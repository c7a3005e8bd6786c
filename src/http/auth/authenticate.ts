/** From a request to who is asking. */
import type { FastifyRequest } from 'fastify';
import { isNodeToken, type NodeTokens } from '../../auth/node-tokens.js';
import type { Sessions } from '../../auth/sessions.js';
import { bearerOf, unauthenticated } from './bearer.js';
import { type Door, refuseStrangers } from './door.js';
import type { Issuer } from './oidc.js';
import type { Principal } from './principal.js';
import { refuseOtherOrigins } from './same-origin.js';
import { sessionIn } from './session-cookie.js';
import type { TokenCheck } from './token-check.js';

export interface Authenticators {
  readonly tokenCheck: TokenCheck;
  readonly nodeTokens: Pick<NodeTokens, 'nodeOf'>;
  readonly sessions: Pick<Sessions, 'tokenOf'>;
  readonly issuer: Issuer | undefined;
  readonly door: Door;
}

/** Throws UNAUTHENTICATED, FORBIDDEN (a stranger’s page or proxy), ISSUER_UNAVAILABLE, REDIS_UNAVAILABLE. */
export async function authenticate(request: FastifyRequest, parts: Authenticators): Promise<Principal> {
  const bearer = bearerOf(request);
  if (bearer !== undefined) return bearerIs(bearer, parts);
  const visitor = await visitorOf(request, parts);
  if (visitor !== undefined) return visitor;
  if (!(await parts.door.isOpen())) throw unauthenticated('this needs a token');
  refuseStrangers(request);
  return { kind: 'local', scope: 'admin' };
}

/** Who has a session, on a route that takes one. Undefined without one; throws also where it has ended. */
async function visitorOf(
  request: FastifyRequest,
  { sessions, tokenCheck }: Authenticators,
): Promise<Principal | undefined> {
  const secret = request.routeOptions.config.session === true ? sessionIn(request) : undefined;
  const tokenId = secret === undefined ? undefined : await sessions.tokenOf(secret);
  if (tokenId === undefined) return undefined;
  const principal = await tokenCheck.checkAgain(tokenId);
  refuseOtherOrigins(request);
  return principal;
}

/** Whose token it is. Throws as above. */
export async function bearerIs(
  bearer: string,
  { tokenCheck, nodeTokens, issuer }: Omit<Authenticators, 'door' | 'sessions'>,
): Promise<Principal> {
  if (isNodeToken(bearer)) {
    const nodeId = await nodeTokens.nodeOf(bearer);
    if (nodeId === undefined) throw unauthenticated('the token is not known, or its node is no more');
    return { kind: 'node', nodeId, scope: 'node' };
  }
  const ours = tokenCheck.check(bearer);
  if (ours !== undefined) return ours;
  if (issuer === undefined) throw unauthenticated('the token is not known');
  return issuer.check(bearer);
}
