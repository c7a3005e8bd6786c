/** The settings of the API as its server works with them. */
import type { Settings } from './schema.js';

const DEFAULT_LISTEN = '127.0.0.1:7422';

export function compileApi({ listen, oidc, ...api }: Settings['api']) {
  return {
    listen: listenAt(listen ?? DEFAULT_LISTEN),
    /** Somebody wants it there, and nowhere else. */
    listenChosen: listen !== undefined,
    ...(api.publicUrl === undefined ? {} : { publicUrl: api.publicUrl.replace(/\/+$/, '') }),
    nodeTokenKeys: api.nodeTokenKeys,
    board: api.board,
    docs: api.docs,
    bodyLimitBytes: api.bodyLimit,
    requestTimeoutMs: api.requestTimeout,
    redisTimeoutMs: api.redisTimeout,
    requestsPerMinute: api.rateLimit,
    maxListeners: api.maxListeners,
    trustProxy: api.trustProxy,
    closeGraceMs: api.closeGrace,
    auditEntries: api.auditEntries,
    oidc: oidcOf(oidc),
  };
}

/** Undefined for `off`. */
function listenAt(place: string): { readonly host: string; readonly port: number } | undefined {
  if (place.toLowerCase() === 'off') return undefined;
  const colon = place.lastIndexOf(':');
  const host = place
    .slice(0, colon)
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  // A name that means two addresses would make two servers.
  return { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(place.slice(colon + 1)) };
}

function oidcOf({ issuer, audience, jwksUrl, claim, viewers, operators, admins }: Settings['api']['oidc']) {
  if (issuer === undefined || audience === undefined) return undefined;
  return {
    issuer,
    audience,
    ...(jwksUrl === undefined ? {} : { jwksUrl }),
    claim,
    scopes: { viewer: viewers, operator: operators, admin: admins },
  };
}
