/** From a request to who is asking. */
import type { FastifyRequest } from 'fastify';
import { isNodeToken, type NodeTokens } from '../../auth/node-tokens.js';
import { bearerOf, unauthenticated } from './bearer.js';
import { type Door, refuseStrangers } from './door.js';
import type { Issuer } from './oidc.js';
import type { Principal } from './principal.js';
import type { TokenCheck } from './token-check.js';

export interface Authenticators {
  readonly tokenCheck: TokenCheck;
  readonly nodeTokens: Pick<NodeTokens, 'nodeOf'>;
  readonly issuer: Issuer | undefined;
  readonly door: Door;
}

/** Throws UNAUTHENTICATED, FORBIDDEN (a stranger’s page or proxy), ISSUER_UNAVAILABLE, REDIS_UNAVAILABLE. */
export async function authenticate(
  request: Pick<FastifyRequest, 'headers'>,
  { tokenCheck, nodeTokens, issuer, door }: Authenticators,
): Promise<Principal> {
  const bearer = bearerOf(request);
  if (bearer === undefined) {
    if (!(await door.isOpen())) throw unauthenticated('this needs a token');
    refuseStrangers(request);
    return { kind: 'local', scope: 'admin' };
  }
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
